"""`pytest tests/gallery --refresh-gallery` writes the golden files anew; read the difference."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-gallery", action="store_true", help="write tests/gallery/golden anew")
