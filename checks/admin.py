"""Django's own administration: users and groups come with Django; engagements' names and teams are added here.

It is for people with Django permissions and shows no policy, finding or report. Those stay behind the membership wall.
What is changed here goes through the services, so that it stands in the engagement's activity like every other act.
"""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from .models import Engagement, Membership
from .services import activity, engagements


class TeamFormSet(BaseInlineFormSet):
    def add_fields(self, form, index):
        """A row stays with its person: who takes over gets a row of their own."""
        super().add_fields(form, index)
        if form.instance.pk and "user" in form.fields:
            form.fields["user"].disabled = True

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
        if change:
            fields = {name: form.cleaned_data[name] for name in form.changed_data}
            engagements.engagement_update(by=request.user, engagement=obj, **fields)
            return
        obj.created_by = request.user
        super().save_model(request, obj, form, change)
        detail = {"auditee": obj.auditee, "product": obj.product}
        activity.record(actor=request.user, action="engagement.created", obj=obj, engagement=obj, detail=detail)

    def save_formset(self, request, form, formset, change):
        """New leads come first, so that the service never finds the engagement without one."""
        kept = formset.save(commit=False)
        for row in sorted(kept, key=lambda row: row.role != Membership.Role.LEAD):
            engagements.member_set(by=request.user, engagement=form.instance, user=row.user, role=row.role)
        for row in formset.deleted_objects:
            engagements.member_remove(by=request.user, engagement=form.instance, user=row.user)

    def has_delete_permission(self, request, obj=None):
        """Engagements hold history; nothing deletes them."""
        return False
