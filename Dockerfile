# The service, and every other command, in an image. docs/how-to/docker.md says how it is used.

FROM python:3.11-slim AS build
WORKDIR /src

# Dependencies first: they change less often than the code. torch from the index of CPU builds: the default one brings gigabytes of CUDA.
COPY pyproject.toml constraints.txt ./
RUN python -m pip install --no-cache-dir --constraint constraints.txt build hatchling \
    && python -m venv /opt/ranker \
    && /opt/ranker/bin/python -m pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu "$(grep '^torch==' constraints.txt)" \
    && python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > dependencies.txt \
    && /opt/ranker/bin/python -m pip install --no-cache-dir --constraint constraints.txt --requirement dependencies.txt

COPY README.md LICENSE ./
COPY ranker ranker
COPY models models
COPY data data
RUN python -m build --wheel --no-isolation --outdir /wheels \
    && /opt/ranker/bin/python -m pip install --no-cache-dir --no-deps /wheels/ranker-*.whl


FROM python:3.11-slim
RUN groupadd --system --gid 10001 ranker \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/ranker ranker \
    && install --directory --owner=ranker --group=ranker --mode=0750 /var/lib/ranker /var/cache/ranker
COPY --from=build /opt/ranker /opt/ranker

# RANKER_SERVICE_*: settings of `ranker serve`, which on this address starts only with keys. HF_HUB_OFFLINE: nothing is fetched.
ENV PATH=/opt/ranker/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    RANKER_CACHE_DIR=/var/cache/ranker \
    RANKER_SERVICE_HOST=0.0.0.0 \
    RANKER_SERVICE_PORT=8710 \
    RANKER_SERVICE_STORE=/var/lib/ranker/desk.sqlite

USER 10001:10001
WORKDIR /var/lib/ranker
VOLUME ["/var/lib/ranker", "/var/cache/ranker"]
EXPOSE 8710
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['RANKER_SERVICE_PORT']), timeout=4); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["ranker"]
CMD ["serve"]
