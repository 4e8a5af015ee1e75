"""Every address of the product. tests/test_access.py walks this list and fails for one it does not know."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.i18n import set_language

from .views import accounts, analysis, checklist, engagements, intake, received, report, review

urlpatterns = [
    path("", engagements.engagement_list, name="engagement_list"),
    path("engagements/new/", engagements.engagement_create, name="engagement_create"),
    path("engagements/<int:pk>/", engagements.engagement_detail, name="engagement_detail"),
    path("engagements/<int:pk>/edit/", engagements.engagement_edit, name="engagement_edit"),
    path("engagements/<int:pk>/team/", engagements.engagement_team, name="engagement_team"),
    path("engagements/<int:pk>/team/<int:user_pk>/remove/", engagements.member_remove, name="member_remove"),
    path("engagements/<int:pk>/activity/", engagements.engagement_activity, name="engagement_activity"),
    # intake
    path("engagements/<int:pk>/upload/", intake.policy_upload, name="policy_upload"),
    path("engagements/<int:pk>/received/", received.intake_jobs, name="intake_jobs"),
    path("received/<int:pk>/", received.intake_job, name="intake_job"),
    path("received/<int:pk>/cancel/", received.job_cancel, name="job_cancel"),
    path("received/<int:pk>/answer/", received.job_answer, name="job_answer"),
    path("received/<int:pk>/retry/", received.job_retry, name="job_retry"),
    path("received/files/<int:pk>/retry/", received.item_retry, name="item_retry"),
    path("received/files/<int:pk>/answer/", received.item_answer, name="item_answer"),
    path("received/files/<int:pk>/original/", received.item_original, name="item_original"),
    path("policies/<int:pk>/", intake.policy_version, name="policy_version"),
    path("policies/<int:pk>/original/", intake.policy_original, name="policy_original"),
    # analysis
    path("policies/<int:pk>/audit/", analysis.audit_run, name="audit_run"),
    path("audits/<int:pk>/", analysis.audit_detail, name="audit_detail"),
    path("audits/<int:pk>/export.json", analysis.audit_export, name="audit_export"),
    # review
    path("audits/<int:pk>/review/", review.audit_review, name="audit_review"),
    path("audits/<int:pk>/confirm/", review.findings_confirm, name="findings_confirm"),
    path("findings/<int:pk>/", review.finding_detail, name="finding_detail"),
    path("findings/<int:pk>/decide/", review.finding_decide, name="finding_decide"),
    path("findings/<int:pk>/undo/", review.finding_undo, name="finding_undo"),
    path("findings/<int:pk>/comment/", review.comment_add, name="comment_add"),
    # report
    path("audits/<int:pk>/report/", report.audit_report, name="audit_report"),
    path("audits/<int:pk>/sign-off/", report.audit_sign_off, name="audit_sign_off"),
    path("audits/<int:pk>/reopen/", report.audit_reopen, name="audit_reopen"),
    path("audits/<int:pk>/reports/", report.report_issue, name="report_issue"),
    path("reports/<int:pk>/download/", report.report_download, name="report_download"),
    # checklist
    path("checklists/", checklist.checklist_list, name="checklist_list"),
    path("checklists/<int:pk>/", checklist.checklist_version, name="checklist_version"),
    path("checklists/<int:pk>/<str:code>/", checklist.requirement_detail, name="requirement_detail"),
    # accounts and settings of the reader
    path("accounts/login/", accounts.login, name="login"),
    path("accounts/logout/", accounts.logout, name="logout"),
    path("accounts/password/", accounts.password_change, name="password_change"),
    path("accounts/password/done/", accounts.password_change_done, name="password_change_done"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("theme/", accounts.set_theme, name="set_theme"),
    path("healthz/", accounts.healthz, name="healthz"),
]
