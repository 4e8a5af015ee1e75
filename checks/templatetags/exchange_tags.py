"""Why a checklist's file was not taken, in words."""

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

REFUSALS = {
    "bad_backslash": _("A cell that begins with a backslash holds a text in JSON. This one does not."),
    "bad_character": _("There is a character no text can have."),
    "bad_code": _("“%(value)s” cannot be the code of a requirement."),
    "bad_path": _("The name leads out of the ZIP."),
    "code_is_not_file": _("The file is named after another code than “%(value)s”, which stands in it."),
    "code_missing": _("The code is missing."),
    "code_twice": _("The code “%(value)s” is there twice."),
    "codes_expected": _("A list of the requirements' codes is expected."),
    "column_missing": _("The column “%(value)s” is missing."),
    "column_twice": _("The column “%(value)s” is there twice."),
    "content_too_large": _("Unpacked, it is larger than any checklist."),
    "element_twice": _("“%(value)s” is there twice in this requirement."),
    "encrypted": _("It is protected by a password."),
    "error_value": _("The cell holds an error, not a text."),
    "file_missing": _("The file is named in checklist.yaml, but it is not there."),
    "file_not_listed": _("The file is not named in checklist.yaml."),
    "file_too_large": _("The file is too large."),
    "file_twice": _("The file is there twice."),
    "flag_expected": _("Expected is TRUE or FALSE (是 or 否), not “%(value)s”."),
    "formula": _("The cell holds a formula. Write the text itself."),
    "key_missing": _("This is missing."),
    "keys_expected": _("Keys and values are expected here, not “%(value)s”."),
    "leave_alone": _("This column is for the program; put back what stood there, or empty the cell."),
    "list_expected": _("A list is expected here, not “%(value)s”."),
    "macros": _("The workbook holds macros. Save it as .xlsx without them."),
    "name_missing": _("The name is missing."),
    "name_twice": _("“%(value)s” is there twice."),
    "no_checklist_yaml": _("There is no checklist.yaml in it."),
    "not_a_checklist": _("It does not say that it is a checklist of this program."),
    "not_json": _("This is not JSON: %(value)s"),
    "not_utf8": _("The text is not UTF-8."),
    "not_xlsx": _("This is no Excel workbook, or a broken one."),
    "not_yaml": _("This is not YAML: %(value)s"),
    "not_zip": _("This is no ZIP, or a broken one."),
    "number_expected": _("A number is expected, not “%(value)s”."),
    "number_for_text": _("“%(value)s” is a number or a moment here. Format the cell as text and type it again."),
    "outside_columns": _("“%(value)s” stands under no column."),
    "several_checklists": _("There is more than one checklist.yaml in it."),
    "sheet_missing": _("The sheet is missing."),
    "strange_column": _("There is no column “%(value)s”."),
    "strange_file": _("Only checklist.yaml and the requirements' files beside it belong into the ZIP."),
    "strange_key": _("“%(value)s” is not known here, or is there twice."),
    "strange_sheet": _("There is no such sheet in a checklist."),
    "text_expected": _("A text is expected here, not “%(value)s”."),
    "text_missing": _("The text is missing."),
    "too_deep": _("It is nested more deeply than any checklist."),
    "too_long": _("The text is too long: %(value)s characters."),
    "too_long_for_a_cell": _("The text is too long for a cell."),
    "too_many": _("There are too many: %(value)s."),
    "too_many_files": _("There are too many files: %(value)s."),
    "too_many_rows": _("There are too many rows."),
    "unknown_element": _("There is no such element “%(value)s” in this requirement."),
    "unknown_key": _("This key is not known."),
    "unknown_kind": _("“%(value)s” is not what can stand here."),
    "unknown_part": _("“%(value)s” is neither trigger, element nor signal."),
    "unknown_requirement": _("There is no requirement “%(value)s” on the sheet “requirements”."),
    "unknown_schema": _("It was written by another version of this program: schema %(value)s."),
    "unknown_verdict": _("“%(value)s” is no verdict."),
    "yaml_alias": _("References (* in YAML) are not taken: write it out."),
}


@register.filter
def refusal_words(refusal):
    """The reason in the reader's language, with what stood there."""
    return str(REFUSALS[refusal.code]) % {"value": refusal.value}
