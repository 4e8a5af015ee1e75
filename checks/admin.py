"""Django's own administration: users and groups come with Django; engagements' names and teams are added here.

It is for people with Django permissions and shows no policy, finding or report. Those stay behind the membership wall.
"""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from .models import Engagement, Membership


class TeamFormSet(BaseInlineFormSet):
    def clean(self):
        super().clean()
        kept = [form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data")]
        if not any(row.get("role") == Membership.Role.LEAD and not row.get("DELETE") for row in kept):
            raise ValidationError(_("An engagement needs a lead."))


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = TeamFormSet
    autocomplete_fields = ["user"]
    extra = 1


@admin.register(Engagement)
class EngagementAdmin(admin.ModelAdmin):
    list_display = ["auditee", "product", "processor_scale", "due_date", "created_at"]
    list_filter = ["processor_scale"]
    search_fields = ["auditee", "product"]
    readonly_fields = ["created_by", "created_at"]
    inlines = [MembershipInline]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request, obj=None):
        """Engagements hold history; nothing deletes them."""
        return False
