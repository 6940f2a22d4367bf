"""Where the views are."""

from django.urls import path
from views import CancellationView

urlpatterns = [path("runs/<number>/cancellation", CancellationView.as_view())]
