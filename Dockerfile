# JupyterLab on the notebooks, at http://localhost:8888 with the token that it prints:
#
#   docker build -t alexnet .
#   docker run --rm -p 8888:8888 -v alexnet-data:/data alexnet
#
# Your runs and prepared data stay in the volume. Written from the Makefile's steps; not
# built by us yet.
FROM python:3.12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ git make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /alexnet
COPY . .
RUN pip install --no-cache-dir -e '.[dev]'
ENV ALEXNET_DATA=/data ALEXNET_RUNS=/data/runs
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--allow-root", "--no-browser", "--notebook-dir=notebooks"]
