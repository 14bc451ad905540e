# UNTESTED: no container engine runs where this was written. Its steps are those of tests/release, which run in CI.
#
#   docker build -t technopole .
#   docker run --rm technopole rank --top 25
#   docker run --rm -p 127.0.0.1:8350:8350 technopole serve --host 0.0.0.0
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
# Pango: reports as PDF
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/*
COPY constraints.txt /tmp/constraints.txt
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir -c /tmp/constraints.txt "$(ls /wheels/*.whl)[analysis,report,serve]" \
 && rm -r /wheels /tmp/constraints.txt
# nothing is written at run time: the container works with --read-only and as nobody
USER 65534:65534
WORKDIR /data
ENTRYPOINT ["technopole"]
CMD ["rank", "--top", "25"]
