"""Why a query has no answer: it is wrong, or it cannot be carried out."""


class BadQuery(Exception):
    """The query cannot mean anything; Prometheus says `bad_data`."""


class CannotExecute(Exception):
    """The query is right, and the samples do not allow an answer; Prometheus says `execution`."""
