"""What `earnest cdn policy` prints."""

import json
from uuid import UUID

import pytest

from earnest.files import Variant, cdn_policy, media_url
from earnest.files.rules import incoming_key, media_key, original_key
from earnest.files.rules_documents import document_key
from earnest.kit.settings import Settings

ID = UUID(int=7)
SETTINGS = Settings(s3_bucket="pictures", public_url="https://earnest.example/")


def statements(document: str) -> dict[str, dict[str, object]]:
    """A policy's statements by their name."""
    return {s["Sid"]: s for s in cdn_policy(SETTINGS)[document]["Statement"]}


def test_cdn_reads_media_and_nothing_else() -> None:
    """Only the one distribution gets in, only to renditions."""
    arn = "arn:aws:cloudfront::1:distribution/E1"
    settings = Settings(s3_bucket="pictures", cdn_distribution_arn=arn)
    policy = cdn_policy(settings)["bucketPolicy"]
    allowed = [s for s in policy["Statement"] if s["Effect"] == "Allow"]
    assert len(allowed) == 1
    assert allowed[0]["Resource"] == "arn:aws:s3:::pictures/media/*"
    assert allowed[0]["Condition"] == {"StringEquals": {"AWS:SourceArn": arn}}


def test_servers_key_can_do_what_it_must_and_no_more() -> None:
    """Uploads come and go, media and documents are written and read, originals written only."""
    rights = {
        str(s["Resource"]).removeprefix("arn:aws:s3:::pictures"): s["Action"]
        for s in statements("iamPolicy").values()
    }
    assert rights == {
        "/incoming/*": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        "/media/*": ["s3:GetObject", "s3:PutObject"],
        "/documents/*": ["s3:GetObject", "s3:PutObject"],
        "/originals/*": "s3:PutObject",
        "": "s3:ListBucket",
    }


def test_life_cycle_names_the_prefixes_that_are_written() -> None:
    """The rules speak of the very prefixes that keys begin with."""
    rules = {r["Filter"]["Prefix"]: r for r in cdn_policy(SETTINGS)["lifecycle"]["Rules"]}
    assert incoming_key(ID).startswith("incoming/")
    assert original_key(ID).startswith("originals/")
    assert rules["incoming/"]["Expiration"] == {"Days": 1}
    assert rules["originals/"]["Transitions"] == [{"Days": 90, "StorageClass": "GLACIER_IR"}]
    assert document_key(b"x").startswith("documents/")
    assert "Expiration" not in rules["documents/"]
    assert "media/" not in rules


def test_policy_is_json_and_cors_names_the_site() -> None:
    """All of it can be printed, and only the site's own pages may upload."""
    policy = json.loads(json.dumps(cdn_policy(SETTINGS)))
    assert policy["cors"]["CORSRules"][0]["AllowedOrigins"] == ["https://earnest.example"]


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (SETTINGS, f"https://earnest.example/media/{ID}/small"),
        (Settings(cdn_url="https://cdn.example"), f"https://cdn.example/media/{ID}/small"),
    ],
)
def test_media_url_is_the_key_behind_the_cdn(settings: Settings, url: str) -> None:
    """The CDN's address if there is one, else ours; the path is the object's key."""
    assert media_url(ID, "small", settings) == url
    assert url.endswith("/" + media_key(ID, Variant.SMALL))


def test_unknown_variant_has_no_url() -> None:
    """Only the three renditions have addresses; the original has none."""
    with pytest.raises(ValueError, match="original"):
        media_url(ID, "original", SETTINGS)
