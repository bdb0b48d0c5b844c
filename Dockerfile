# server: the reference server alone, as anybody but root. test: everything that runs the suites.
#
#   docker build --target server -t syncbed .
#   docker run --rm -p 127.0.0.1:8000:8000 syncbed

FROM python:3.11-slim AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
# The dependencies in a layer of their own: it changes only when they do, not with the code.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" >/tmp/needs \
    && python -m pip install -r /tmp/needs -c constraints.txt

FROM base AS test
# Debian's own Chromium and Redis, for the tests that start servers of their own. Chromium's
# sandbox is given up for root alone, and a container would not let it have one.
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium-headless-shell redis-server \
    && rm -rf /var/lib/apt/lists/*
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['test'], sep='\n')" >/tmp/needs \
    && python -m pip install -r /tmp/needs -c constraints.txt
COPY . .
RUN python -m pip install --no-deps -e .
CMD ["python", "-m", "pytest", "integration"]

FROM base AS server
COPY server server
COPY static static
RUN useradd --system --no-create-home syncbed
USER syncbed
ENV SYNCBED_HOST=0.0.0.0 SYNCBED_PORT=8000 PYTHONPATH=/app
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=5 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"SYNCBED_PORT\"]}/health', timeout=2)"]
CMD ["python", "-P", "-m", "server"]
