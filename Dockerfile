# syntax=docker/dockerfile:1
# Pressroom in two stages: built with Rust, run without it, as a user without rights.

FROM rust:1-slim-bookworm AS build
WORKDIR /build
COPY . .
# The caches outlive the build, so that a change of ours doesn't compile every dependency again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin pressroom \
    && cp target/release/pressroom /usr/local/bin/pressroom

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/pressroom --create-home pressroom \
    && install --directory --owner=pressroom /data
COPY --from=build /usr/local/bin/pressroom /usr/local/bin/
COPY deploy/probe.sh /usr/local/bin/pressroom-probe
COPY jobs /srv/pressroom/jobs
COPY templates /srv/pressroom/templates

USER 10001
WORKDIR /srv/pressroom
VOLUME /data
ENV PRESSROOM_LISTEN=0.0.0.0:8080
EXPOSE 8080
# `work` and `upkeep` answer on the port of PRESSROOM_PROBE_LISTEN; the probe finds out which one is in use.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["pressroom-probe"]
# SIGTERM lets attempts end within `worker.grace` (30 s); give the container a little more.
STOPSIGNAL SIGTERM
ENTRYPOINT ["pressroom"]
CMD ["up", "--data-dir", "/data"]
