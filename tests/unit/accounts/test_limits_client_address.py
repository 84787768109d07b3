"""Whose address a request is counted under."""

import pytest

from earnest.kit.errors import InvalidInput
from earnest.kit.limits import client_address, read_networks

PROXIES = read_networks("10.0.0.0/8, 2001:db8:1::/48")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy of ours: its word is nothing
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the left part is the client's own
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),  # two proxies of ours
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("2001:db8:1::1", "2001:db8:ffff:1:2:3:4:5", "2001:db8:ffff:1::/64"),
        ("2001:db8:ffff:1::99", "", "2001:db8:ffff:1::/64"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("", "198.51.100.1", "unknown"),
        ("10.0.0.1", ", ".join(["10.0.0.3"] * 1_000), "10.0.0.3"),
    ],
)
def test_the_address_is_the_first_that_no_proxy_of_ours_has(
    peer: str, forwarded_for: str, expected: str
) -> None:
    """Only what trusted proxies wrote counts; a /64 of IPv6 is one client."""
    assert client_address(peer, forwarded_for, PROXIES) == expected


def test_no_proxy_is_trusted_unless_it_is_named() -> None:
    """Without configuration the socket decides, on loopback too."""
    assert client_address("127.0.0.1", "198.51.100.1", read_networks("")) == "127.0.0.1"


def test_a_wrong_list_of_proxies_is_named() -> None:
    """A typing error stops the process with the variable's name."""
    with pytest.raises(InvalidInput, match="EARNEST_TRUSTED_PROXIES"):
        read_networks("10.0.0.0/8, proxy.example")
