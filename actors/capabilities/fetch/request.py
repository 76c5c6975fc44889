"""What a user asks of fetch.

Owns: the shape and the hard bounds that hold whatever the configuration says.
Never: judges an address; `urls` and `addresses` do, so that every mistake names its place.
"""

from typing import Annotated, Final

from pydantic import Field

from actors.capability import Forecast, Request

MOST_URLS: Final = 100
MOST_CHARACTERS: Final = 2048


class FetchRequest(Request):
    """Addresses of pictures. Each has its own outcome; one that fails never fails the others."""

    urls: list[Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]] = Field(
        min_length=1,
        max_length=MOST_URLS,
        json_schema_extra={"x-limit": "fetch.max_urls"},
        description="addresses of pictures, http or https; the same one twice is fetched twice",
    )


class FetchForecast(Forecast):
    """What a fetch may come to."""

    addresses: int = Field(description="how many addresses would be asked")
    most_bytes: int = Field(description="most bytes the pictures may have together")
    most_seconds: float = Field(description="seconds after which the job ends with what it has")
