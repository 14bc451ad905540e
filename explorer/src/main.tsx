import { render } from "preact";
import { App } from "./app";
import { loadBundle } from "./data";
import { bundle, failure } from "./store";
import "./style.css";
import "./pages.css";

const root = document.getElementById("app")!;
root.replaceChildren();
render(<App />, root);
loadBundle().then(
  (loaded) => (bundle.value = loaded),
  (error: unknown) => (failure.value = error instanceof Error ? error.message : String(error)),
);
