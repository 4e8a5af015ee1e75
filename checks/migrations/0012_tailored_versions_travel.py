import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("checks", "0011_packages")]

    operations = [
        migrations.AlterField(
            "tailoredversion",
            "version",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tailored", to="checks.checklistversion"
            ),
        ),
        migrations.AddConstraint(
            "tailoredversion",
            models.UniqueConstraint(fields=("engagement", "version"), name="tailored_once_per_engagement"),
        ),
    ]
