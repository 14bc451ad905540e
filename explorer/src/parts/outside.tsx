import type { ComponentChildren } from "preact";

/** A link out of the page, when the address is one of the web; else only its text. */
export function Outside({ to, children }: { to: string | null; children: ComponentChildren }) {
  if (to === null || !/^https?:\/\//.test(to)) return <bdi title={to ?? undefined}>{children}</bdi>;
  return (
    <a href={to} rel="noreferrer noopener" target="_blank">
      <bdi>{children}</bdi>
    </a>
  );
}
