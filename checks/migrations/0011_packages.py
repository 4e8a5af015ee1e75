import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from checks.models.freezing import freeze


class Migration(migrations.Migration):
    dependencies = [
        ("checks", "0010_reports_in_the_making"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("activityentry", "origin", models.JSONField(null=True)),
        migrations.AddField("checklistversion", "imported", models.BooleanField(default=False)),
        # An imported report's number begins with that of its engagement.
        migrations.AlterField("report", "number", models.CharField(max_length=60, unique=True)),
        migrations.AlterField("draftreport", "number", models.CharField(max_length=60, unique=True)),
        migrations.CreateModel(
            name="EngagementImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("package_sha256", models.CharField(max_length=64)),
                ("content_digest", models.CharField(max_length=64)),
                ("chain_digest", models.CharField(max_length=64)),
                ("exported_by", models.CharField(max_length=300)),
                ("exported_at", models.DateTimeField()),
                ("numbers", models.JSONField(default=dict)),
                ("people", models.JSONField(default=dict)),
                ("imported_at", models.DateTimeField()),
                (
                    "engagement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="origin", to="checks.engagement"
                    ),
                ),
                (
                    "imported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "imported engagement",
                "verbose_name_plural": "imported engagements",
                "ordering": ["id"],
            },
        ),
        # SQLite has made the table of versions anew, without its triggers.
        migrations.RunPython(freeze, migrations.RunPython.noop),
    ]
