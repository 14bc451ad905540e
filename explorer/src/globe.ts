// The globe: an orthographic projection drawn as SVG, so that it needs no WebGL and is in the offline file too.
import { geoDistance, geoGraticule10, geoOrthographic, geoPath } from "d3-geo";
import polygons from "virtual:land-polygons";
import { HEIGHT, TOP, WIDTH } from "./project";

const LAND = { type: "MultiPolygon" as const, coordinates: polygons };
const GRATICULE = geoGraticule10();
const RADIUS = HEIGHT / 2 - 10;
export const STEEPEST = 80;

export interface Globe {
  land: string;
  lines: string;
  sphere: string;
  /** Where a place is drawn; undefined on the far side. */
  place: (longitude: number, latitude: number) => { x: number; y: number } | undefined;
}

/** The globe seen from above a place; `times` larger than one that fits the map. */
export function globe(longitude: number, latitude: number, times: number): Globe {
  const centre: [number, number] = [WIDTH / 2, TOP + HEIGHT / 2];
  const projection = geoOrthographic().rotate([-longitude, -latitude]).scale(RADIUS * times).translate(centre).clipAngle(90);
  const path = geoPath(projection).digits(1);
  return {
    land: path(LAND) ?? "",
    lines: path(GRATICULE) ?? "",
    sphere: path({ type: "Sphere" }) ?? "",
    place: (x, y) => {
      if (geoDistance([x, y], [longitude, latitude]) > Math.PI / 2 - 0.01) return undefined;
      const [left, top] = projection([x, y])!;
      return { x: left, y: top };
    },
  };
}

/** A longitude between -180 and 180. */
export const around = (longitude: number): number => ((((longitude + 180) % 360) + 360) % 360) - 180;
