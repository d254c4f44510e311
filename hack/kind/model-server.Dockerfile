# The model server of the tests as an image; its pod tells it who and where it is.
FROM node:24-alpine
COPY hack/model-server /sluice/hack/model-server
ENTRYPOINT ["sh", "-c", "POD_NAME=$(hostname) POD_IP=$(hostname -i) exec node /sluice/hack/model-server/main.ts"]
