"""Beginning with a past: what was played over the last hour and a half, as if it had been scraped all along."""

from collections.abc import Sequence

import numpy as np

from practice.history import Chapter, write_history
from practice.promql.labels import NAME, labels_of
from practice.promql.memory import Table


def remember(chapters: Sequence[Chapter], table: Table) -> None:
    """Series that end with a chapter end there; what scrapes go on with goes on."""
    for stretch in write_history(chapters).stretches:
        columns = {labels_of({**dict(sample.labels), NAME: sample.name}): values for sample, values in stretch.columns}
        table.extend(np.round(stretch.moments * 1000).astype(np.int64), columns)
