/** Pictures, films and other people's pages: never anything that runs as a part of this page. */

import { isSecure, safeImageUrl, safeWebUrl } from "./addresses.ts";
import { objectIn, own, textIn } from "./content.ts";
import type { ContentProps } from "./Content.tsx";

const FITS = ["contain", "cover", "fill", "none", "scale-down"];
// No allow-same-origin: what is embedded has an origin of its own, and none of ours.
const SANDBOX = "allow-scripts allow-forms allow-popups allow-presentation";

export function ImageWidget({ widget }: ContentProps) {
  const config = objectIn(widget.config);
  const url = safeImageUrl(own(config, "url"));
  const fit = textIn(own(config, "fit"));
  if (url === null || !isSecure(url)) return <Missing what="image" url={own(config, "url")} />;
  const objectFit = FITS.includes(fit) ? fit : "contain";
  const alt = textIn(own(config, "alt"));
  return (
    <img class="fill" src={url} alt={alt} style={{ objectFit }} referrerpolicy="no-referrer" />
  );
}

export function VideoWidget({ widget }: ContentProps) {
  const config = objectIn(widget.config);
  const url = safeWebUrl(own(config, "url"));
  if (url === null || !isSecure(url)) return <Missing what="video" url={own(config, "url")} />;
  const poster = safeImageUrl(own(config, "poster"));
  return (
    <video
      class="fill"
      src={url}
      {...(poster !== null && isSecure(poster) && { poster })}
      controls={own(config, "controls") !== false}
      loop={own(config, "loop") === true}
      muted={own(config, "muted") === true}
      preload="metadata"
      playsInline
    />
  );
}

export function EmbedWidget({ widget }: ContentProps) {
  const config = objectIn(widget.config);
  const url = safeWebUrl(own(config, "url"));
  if (url === null || !isSecure(url)) return <Missing what="page" url={own(config, "url")} />;
  return (
    <iframe
      class="fill"
      src={url}
      title={widget.title || "Embedded page"}
      sandbox={SANDBOX}
      referrerpolicy="no-referrer"
      loading="lazy"
      allow={own(config, "allowFullscreen") === true ? "fullscreen" : ""}
    />
  );
}

function Missing({ what, url }: { readonly what: string; readonly url: unknown }) {
  const hasAny = typeof url === "string" && url !== "";
  return (
    <p class="placeholder">
      {hasAny
        ? `This address is not opened: only https:// is.`
        : `No ${what} yet. Give its address under “Settings…”.`}
    </p>
  );
}
