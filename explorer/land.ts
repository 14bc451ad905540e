// The outline of the land, made when the bundle is built: as one SVG path in Equal Earth for the map, and as coordinates
// of a tenth of a degree for the globe.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { geoEqualEarth, geoPath } from "d3-geo";
import type { Feature, FeatureCollection, Position } from "geojson";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import { CENTRE, SCALE } from "./src/project.ts";

function land(): FeatureCollection | Feature {
  const file = createRequire(import.meta.url).resolve("world-atlas/land-110m.json");
  const topology = JSON.parse(readFileSync(file, "utf-8")) as Topology<{ land: GeometryCollection }>;
  return feature(topology, topology.objects.land);
}

export function landPath(): string {
  const projection = geoEqualEarth().scale(SCALE).translate([CENTRE.x, CENTRE.y]).precision(0.4);
  return geoPath(projection).digits(1)(land()) ?? "";
}

const tenth = ([longitude, latitude]: Position): Position => [Math.round(longitude! * 10) / 10, Math.round(latitude! * 10) / 10];

export function landPolygons(): Position[][][] {
  const found = land();
  const features = found.type === "FeatureCollection" ? found.features : [found];
  const polygons = features.flatMap(({ geometry }) =>
    geometry.type === "MultiPolygon" ? geometry.coordinates : geometry.type === "Polygon" ? [geometry.coordinates] : [],
  );
  return polygons.map((rings) => rings.map((ring) => ring.map(tenth)));
}
