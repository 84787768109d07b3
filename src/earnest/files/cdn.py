"""What the operator gives to Amazon so that the bucket stays private behind CloudFront."""

from typing import Any

from earnest.kit.settings import Settings

# What stands in the policy until the operator names the distribution; it lets nobody in.
NO_DISTRIBUTION = "arn:aws:cloudfront::ACCOUNT_ID:distribution/DISTRIBUTION_ID"
INCOMING_KEPT_DAYS = 1
COLD_AFTER_DAYS = 90


def cdn_policy(settings: Settings) -> dict[str, Any]:
    """The four documents of docs/how-to/cdn.md, ready for `aws s3api` and `aws iam`.

    `bucketPolicy` (origin access control: this one distribution reads `media/`, nothing else),
    `lifecycle`, `iamPolicy` of the server's own key, and `cors`.
    """
    bucket = f"arn:aws:s3:::{settings.s3_bucket}"
    return {
        "bucketPolicy": _bucket_policy(bucket, settings.cdn_distribution_arn or NO_DISTRIBUTION),
        "lifecycle": _lifecycle(),
        "iamPolicy": _iam_policy(bucket),
        "cors": _cors(settings),
    }


def _bucket_policy(bucket: str, distribution_arn: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CloudFrontReadsMedia",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": f"{bucket}/media/*",
                "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
            },
            {
                "Sid": "NothingWithoutTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket, f"{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def _lifecycle() -> dict[str, Any]:
    return {
        "Rules": [
            {
                "ID": "unfinished-uploads-expire",
                "Status": "Enabled",
                "Filter": {"Prefix": "incoming/"},
                "Expiration": {"Days": INCOMING_KEPT_DAYS},
            },
            {
                "ID": "originals-grow-cold",
                "Status": "Enabled",
                "Filter": {"Prefix": "originals/"},
                "Transitions": [{"Days": COLD_AFTER_DAYS, "StorageClass": "GLACIER_IR"}],
            },
            {
                "ID": "documents-grow-cold",
                "Status": "Enabled",
                "Filter": {"Prefix": "documents/"},
                "Transitions": [{"Days": COLD_AFTER_DAYS, "StorageClass": "GLACIER_IR"}],
            },
            {
                "ID": "half-uploads-are-aborted",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
        ]
    }


def _iam_policy(bucket: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "UploadsComeAndGo",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": f"{bucket}/incoming/*",
            },
            {
                "Sid": "MediaIsWrittenAndRead",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"{bucket}/media/*",
            },
            {
                "Sid": "OriginalsAreOnlyWritten",
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": f"{bucket}/originals/*",
            },
            {
                "Sid": "DocumentsAreWrittenAndDownloaded",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"{bucket}/documents/*",
            },
            {
                # Without it a missing object looks like a forbidden one. A condition on the
                # prefix would not do: asking for one object names no prefix.
                "Sid": "MissingIsToldFromForbidden",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket,
            },
        ],
    }


def _cors(settings: Settings) -> dict[str, Any]:
    return {
        "CORSRules": [
            {
                "AllowedOrigins": [settings.public_url.rstrip("/")],
                "AllowedMethods": ["PUT"],
                "AllowedHeaders": ["content-type", "x-amz-checksum-sha256", "if-none-match"],
                "ExposeHeaders": ["ETag"],
                "MaxAgeSeconds": 3_600,
            }
        ]
    }
