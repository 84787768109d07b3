"""What can be wrong with a file."""

from earnest.kit.errors import EarnestError, Kind, Unavailable


class FileNotFound(EarnestError):
    """You have no file {file_id}."""

    code = "file_not_found"
    kind = Kind.NOT_FOUND


class FileNotReady(EarnestError):
    """File {file_id} is {status}. It can be used once it is ready."""

    code = "file_not_ready"
    kind = Kind.CONFLICT


class FileTooLarge(EarnestError):
    """{size_bytes} bytes are too many. At most {size_bytes_max} are taken."""

    code = "file_too_large"
    kind = Kind.TOO_LARGE


class FileOfOtherKind(EarnestError):
    """File {file_id} is a {kind}. A {wanted} is needed here."""

    code = "file_of_other_kind"
    kind = Kind.CONFLICT


class DocumentUnnamed(EarnestError):
    """A document needs a name, under which others will save it."""

    code = "document_unnamed"
    kind = Kind.INVALID


class DocumentsFull(EarnestError):
    """Your documents would take more than {bytes_max} bytes together. No more are taken."""

    code = "documents_full"
    kind = Kind.CONFLICT


class TooManyUploads(EarnestError):
    """You have {open_max} uploads under way. Finish some of them, then begin others."""

    code = "too_many_uploads"
    kind = Kind.TOO_MANY


class UploadMissing(EarnestError):
    """Nothing has arrived yet. PUT the file to the upload's URL first, then call complete."""

    code = "upload_missing"
    kind = Kind.CONFLICT


class UploadExpired(EarnestError):
    """This upload's URL expired at {expires_at}. Begin a new one, with a new Idempotency-Key."""

    code = "upload_expired"
    kind = Kind.CONFLICT


class MediaNotFound(EarnestError):
    """There is no such picture."""

    code = "media_not_found"
    kind = Kind.NOT_FOUND


class ObjectMissing(EarnestError):
    """The object store has nothing under {key}."""

    code = "object_missing"
    kind = Kind.NOT_FOUND


class ObjectStoreUnavailable(Unavailable):
    """The object store cannot be reached at the moment. Nothing was changed; try again shortly."""

    code = "object_store_unavailable"
