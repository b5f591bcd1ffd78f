"""The application for a WSGI server: ``gunicorn -c python:chatapp.gunicorn_conf chatapp.wsgi:app``."""

from chatapp.bootstrap import LIFE, build_app
from chatapp.settings import Settings

app = build_app(Settings.from_env())
app.extensions[LIFE].start()
