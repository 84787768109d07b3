"""Files: pictures that are made harmless and served, documents that are kept. See README.md."""

from earnest.files.adapters.s3 import S3ObjectStore, open_store
from earnest.files.cdn import cdn_policy
from earnest.files.errors import (
    FileNotFound,
    FileNotReady,
    FileOfOtherKind,
    FileTooLarge,
    ObjectStoreUnavailable,
)
from earnest.files.http import (
    WITH_STORE,
    DocumentAnswer,
    DownloadAnswer,
    GivenStore,
    MediaUrls,
    lifespan,
    show_media,
)
from earnest.files.http_media import ROUTES
from earnest.files.jobs import FileParts, register_jobs, sweep_files
from earnest.files.ports import ObjectStore
from earnest.files.rules import ContentType, FileStatus, Variant, media_base, media_url
from earnest.files.rules_documents import (
    FileKind,
    ReadyDocument,
    SignedDownload,
    disposition_of,
    safe_name,
)
from earnest.files.service import ReadyFile, require_ready
from earnest.files.service_documents import (
    keep_document,
    presign_download,
    require_ready_documents,
)

__all__ = [
    "ROUTES",
    "WITH_STORE",
    "ContentType",
    "DocumentAnswer",
    "DownloadAnswer",
    "FileKind",
    "FileNotFound",
    "FileNotReady",
    "FileOfOtherKind",
    "FileParts",
    "FileStatus",
    "FileTooLarge",
    "GivenStore",
    "MediaUrls",
    "ObjectStore",
    "ObjectStoreUnavailable",
    "ReadyDocument",
    "ReadyFile",
    "S3ObjectStore",
    "SignedDownload",
    "Variant",
    "cdn_policy",
    "disposition_of",
    "keep_document",
    "lifespan",
    "media_base",
    "media_url",
    "open_store",
    "presign_download",
    "register_jobs",
    "require_ready",
    "require_ready_documents",
    "safe_name",
    "show_media",
    "sweep_files",
]
