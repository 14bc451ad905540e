import { geoEqualEarth } from "d3-geo";
import { expect, it } from "vitest";
import { landPath } from "../land";
import { CENTRE, project, SCALE } from "../src/project";

it("projects as d3-geo does", () => {
  const reference = geoEqualEarth().scale(SCALE).translate([CENTRE.x, CENTRE.y]);
  for (const [longitude, latitude] of [[0, 0], [139.69, 35.69], [-122.4, 37.8], [174.8, -41.3], [25, 60.2]] as const) {
    const [x, y] = reference([longitude, latitude])!;
    expect(project(longitude, latitude).x).toBeCloseTo(x, 6);
    expect(project(longitude, latitude).y).toBeCloseTo(y, 6);
  }
});

it("draws land", () => {
  expect(landPath()).toMatch(/^M[\d.,MLZ-]+Z$/);
});
