# Hilda in a container. Each step is a make target, so that it is also run where no container engine is.
FROM python:3.12-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make image-install TARGET=/opt/hilda PYTHON=python3

FROM python:3.12-slim-bookworm
# bubblewrap is the sandbox; without one that works Hilda looks and proposes, and executes nothing.
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 hilda
COPY --from=build /opt/hilda /opt/hilda
ENV PATH=/opt/hilda/bin:$PATH PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1
USER hilda
WORKDIR /home/hilda
ENTRYPOINT ["hilda"]
CMD ["--help"]
