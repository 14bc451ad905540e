// The land outline as one SVG path, projected when the bundle is built: the browser needs no geography library.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import { CENTRE, SCALE } from "./src/project.ts";

export function landPath(): string {
  const file = createRequire(import.meta.url).resolve("world-atlas/land-110m.json");
  const topology = JSON.parse(readFileSync(file, "utf-8")) as Topology<{ land: GeometryCollection }>;
  const land = feature(topology, topology.objects.land);
  const projection = geoEqualEarth().scale(SCALE).translate([CENTRE.x, CENTRE.y]).precision(0.4);
  return geoPath(projection).digits(1)(land) ?? "";
}
