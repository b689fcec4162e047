"""What is the same for everything that is decided: who says that it is done has it in the log, and who is refused has changed nothing."""

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import is_too_late
from streambus.sim.oracles.wishes import Wish
from streambus.wire import ErrorCode

DOUBTFUL = (ErrorCode.REQUEST_TIMED_OUT, ErrorCode.KAFKA_STORAGE_ERROR)
"""After these anything may be."""


def judge_decided(
    model: BrokerModel, asked: Asked, wish: Wish, code: int, errors: tuple[ErrorCode, ...] | None = None, *, validates: bool | None = None
) -> str | None:
    """What is wrong with the answer to a wish; `errors` it must have, if somebody can say. `validates`: it was only to be looked at."""
    validates = asked.body.validate_only if validates is None else validates
    if code in DOUBTFUL and not (errors is not None and code in errors):
        if code == ErrorCode.KAFKA_STORAGE_ERROR and model.written.is_failed:
            return None
        if code == ErrorCode.REQUEST_TIMED_OUT and is_too_late(model, asked):
            return None
        return f"it is answered with {error_name(code)}, though there is no reason for that"
    if code != ErrorCode.NONE:
        model.wishes.close(wish)
    if errors is not None and code not in errors:
        return f"it is answered with {error_name(code)}, expected {' or '.join(error.name for error in errors)}"
    if code != ErrorCode.NONE or validates:
        return None
    complaint = wish.missing(model.cluster)
    return complaint and f"it is answered as done, but is not in the durable metadata log: {complaint}"
