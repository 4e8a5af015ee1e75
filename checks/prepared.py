"""Reads that every step of the review asks for, made into SQL once per process.

Turning such a query into SQL takes the ORM several times as long as the database takes to answer it, and at every step
it is the same SQL with other numbers in it. See docs/decisions/0033-the-same-sql-again.md.
"""

import copy

from django.db import connections

MARK = 2_000_000_011  # numbers from here on stand for the values of a call; no row has them


class Prepared:
    """A queryset as a function of values: ``build`` gets a mark in place of each of them and is called once.

        findings = Prepared(lambda pk: Finding.objects.select_related("requirement").filter(pk=pk))
        findings(7)  # the list of what Finding.objects.select_related("requirement").filter(pk=7) finds

    ``kinds`` are the types of the values, ``int`` or ``str``. The SQL has to be the same for all values: no None, no
    lists, and no prefetching.
    """

    def __init__(self, build, *kinds):
        self._build = build
        self._kinds = kinds or (int,)
        self._marks = [kind(MARK + number) for number, kind in enumerate(self._kinds)]
        self._made = {}  # by database, as each has its own SQL

    def __call__(self, *values):
        values = [kind(value) for kind, value in zip(self._kinds, values, strict=True)]
        queryset, compiler, sql, params = self._of_database("default")
        bound = copy.copy(compiler)
        bound.connection = connections["default"]  # this thread's
        bound.as_sql = lambda *args, **kwargs: (sql, tuple(values[at] if own else at for own, at in params))
        rows = queryset._chain()
        rows._query = copy.copy(queryset.query)
        rows._query.get_compiler = lambda *args, **kwargs: bound
        return list(rows._iterable_class(rows))

    def _of_database(self, using):
        vendor = connections[using].vendor
        if vendor not in self._made:
            queryset = self._build(*self._marks).using(using)
            compiler = queryset.query.get_compiler(using)
            sql, params = compiler.as_sql()
            params = [(True, self._marks.index(value)) if value in self._marks else (False, value) for value in params]
            missing = set(range(len(self._marks))) - {at for own, at in params if own}
            if missing:
                raise TypeError(f"values {sorted(missing)} stand nowhere in {sql}")
            self._made[vendor] = queryset, compiler, sql, params
        return self._made[vendor]
