"""The least that Django needs for these views; it is not for production."""

SECRET_KEY = "only-for-this-example"  # noqa: S105 - nothing is signed here
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "urls"
USE_TZ = True
