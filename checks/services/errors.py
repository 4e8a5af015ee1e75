"""What a service answers when it refuses: named errors with a sentence for the person at the screen."""

from django.utils.translation import gettext_lazy as _


class ServiceError(Exception):
    """A refusal that the person can understand and act on; nothing has been changed.

    ``text`` is the translatable sentence of the class, ``params`` fills its placeholders.
    """

    text = _("This cannot be done.")

    def __init__(self, **params):
        super().__init__(params)
        self.params = params

    @property
    def message(self):
        """The sentence in the language that is active now."""
        return str(self.text) % self.params if self.params else str(self.text)

    def __str__(self):
        return self.message
