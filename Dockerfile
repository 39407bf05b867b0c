# The programs are packed (ADR 10), so the image holds them and the few packages that cannot be.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages ./packages
COPY examples ./examples
COPY apps/dashboard/package.json ./apps/dashboard/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

# Of this package alone: what the dashboard is made of is in its built files.
FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --omit=dev --workspaces=false

FROM node:22-bookworm-slim
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/dist ./dist
COPY --from=build /app/db ./db
# By its number, so that Kubernetes can see that it is not root.
USER 1000
EXPOSE 3000 9464
CMD ["node", "dist/bin/api.js"]
