# zeker in a container. Run it with a volume for its state and the two ports that clients use:
#   docker build -t zeker .
#   docker run --read-only -v zeker-state:/var/lib/zeker -p 192.0.2.1:53:53/udp -p 192.0.2.1:53:53/tcp zeker
# docker/zeker.yaml says who may ask. The health check asks /readyz on the port that the configuration names.
# scripts/check-dockerfile.mjs runs these steps without Docker, so keep to RUN, COPY, WORKDIR and ENV in their plain forms.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No package gets to run a program of its own while it is installed.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs ./scripts/
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/zeker
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY trust-anchors ./trust-anchors
COPY LICENSE ./
COPY docker/zeker.yaml /etc/zeker/zeker.yaml
RUN install -d -o node -g node -m 0700 /var/lib/zeker
VOLUME /var/lib/zeker
# Not root. Docker lets any user of a container bind port 53 (net.ipv4.ip_unprivileged_port_start is 0 there).
USER node
EXPOSE 53/udp 53/tcp 8053/tcp
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "/opt/zeker/dist/cli.js", "health", "--config", "/etc/zeker/zeker.yaml"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/opt/zeker/dist/cli.js", "serve", "--config", "/etc/zeker/zeker.yaml"]
