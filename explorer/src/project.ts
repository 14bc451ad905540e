// Equal Earth (Šavrič, Patterson, Jenny 2018, doi:10.1080/13658816.2018.1504949), as d3-geo draws it.
const A1 = 1.340264;
const A2 = -0.081106;
const A3 = 0.000893;
const A4 = 0.003796;
const M = Math.sqrt(3) / 2;

export const WIDTH = 960;
export const SCALE = 177;
export const CENTRE = { x: WIDTH / 2, y: 236 };
// from 78° north to 56° south: no ranked city lies beyond
export const TOP = 12;
export const HEIGHT = 412;

export function project(longitude: number, latitude: number): { x: number; y: number } {
  const lambda = (longitude * Math.PI) / 180;
  const l = Math.asin(M * Math.sin((latitude * Math.PI) / 180));
  const l2 = l * l;
  const l6 = l2 * l2 * l2;
  const x = (lambda * Math.cos(l)) / (M * (A1 + 3 * A2 * l2 + l6 * (7 * A3 + 9 * A4 * l2)));
  const y = l * (A1 + A2 * l2 + l6 * (A3 + A4 * l2));
  return { x: CENTRE.x + SCALE * x, y: CENTRE.y - SCALE * y };
}
