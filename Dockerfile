# API, scheduler and command line, in a container: npm run build:deb && docker build --tag manila .
# A share manager makes file systems and mounts them with its host's kernel: install the Debian package there.
FROM debian:12-slim
COPY dist/manila_*_amd64.deb /tmp/
RUN apt-get update \
    && apt-get install --yes --no-install-recommends /tmp/manila_*_amd64.deb \
    && rm -rf /tmp/manila_*_amd64.deb /var/lib/apt/lists/*
USER manila
EXPOSE 8786
CMD ["manila-api", "--config", "/etc/manila/manila.toml"]
