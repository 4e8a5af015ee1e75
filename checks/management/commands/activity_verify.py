from django.core.management.base import BaseCommand, CommandError

from checks.models import Engagement
from checks.services import activity


class Command(BaseCommand):
    help = "Check the hash chains of all activity: was a row changed, slipped in, or taken from between others?"

    def handle(self, **options):
        chains = {"the installation": None}
        chains |= {f"engagement {engagement.pk}": engagement for engagement in Engagement.objects.order_by("pk")}
        broken = [name for name, engagement in chains.items() if not activity.verify_chain(engagement)]
        if broken:
            raise CommandError(f"Not as it was written: the activity of {', '.join(broken)}.")
        self.stdout.write(f"The activity is as it was written, in {len(chains)} chains.")
