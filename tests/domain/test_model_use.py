"""What the model costs: prices as people write them, sums that add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.model_use import ModelPrice, ModelUse

_USES = some.builds(ModelUse, some.integers(0, 99), some.integers(0, 10**6), some.integers(0, 10**6))


@pytest.mark.parametrize("text", ["", "2.5", "2.5/x USD", "2.5/10", "2.5/10 US", "-1/2 USD", "1/2 USD; rm"])
def test_a_price_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="per million tokens"):
        ModelPrice.parse(text)


@given(some.lists(_USES, max_size=5))
def test_uses_add_up_however_they_were_written_down(uses: list[ModelUse]) -> None:
    price = ModelPrice.parse("3/15€")

    one_by_one = sum((ModelUse.parse(use.at(price).as_json()) for use in uses), ModelUse())

    together = sum(uses, ModelUse()).at(price)
    assert one_by_one.asked == together.asked
    assert one_by_one.cost == pytest.approx(together.cost)
