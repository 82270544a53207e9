"""What a cluster is called, and whether it is production, as `environments:` in hilda.yaml says."""

from bot.settings import Settings
from domain.cards import ClusterLabel


def label_for(settings: Settings, context: str, cluster: str, namespaces: tuple[str, ...] = ()) -> ClusterLabel:
    """The label for cards about this cluster, or about some of its namespaces."""
    for name, environment in settings.environments.items():
        known = not environment.clusters or bool({context, cluster} & set(environment.clusters))
        inside = not environment.namespaces or bool(set(namespaces) & set(environment.namespaces))
        if known and inside and (environment.clusters or environment.namespaces):
            return ClusterLabel(context, name, environment.production)
    return ClusterLabel(context)
