"""Files: pictures that are uploaded, checked, made harmless and served. See README.md."""

from earnest.files.adapters.s3 import S3ObjectStore, open_store
from earnest.files.cdn import cdn_policy
from earnest.files.errors import (
    FileNotFound,
    FileNotReady,
    FileTooLarge,
    ObjectStoreUnavailable,
)
from earnest.files.http import MediaUrls, lifespan, show_media
from earnest.files.http_media import ROUTES
from earnest.files.jobs import FileParts, register_jobs, sweep_files
from earnest.files.ports import ObjectStore
from earnest.files.rules import ContentType, FileStatus, Variant, media_base, media_url
from earnest.files.service import ReadyFile, require_ready

__all__ = [
    "ROUTES",
    "ContentType",
    "FileNotFound",
    "FileNotReady",
    "FileParts",
    "FileStatus",
    "FileTooLarge",
    "MediaUrls",
    "ObjectStore",
    "ObjectStoreUnavailable",
    "ReadyFile",
    "S3ObjectStore",
    "Variant",
    "cdn_policy",
    "lifespan",
    "media_base",
    "media_url",
    "open_store",
    "register_jobs",
    "require_ready",
    "show_media",
    "sweep_files",
]
