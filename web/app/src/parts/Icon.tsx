/** The icons, drawn with one stroke; decoration only, so the words are always beside them. */

const PATHS = {
  add: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  bold: "M7 5h6a3.500 3.500 0 0 1 0 7H7zM7 12h7a3.500 3.500 0 0 1 0 7H7z",
  bullet: "M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01",
  chart: "M4 20V4M4 20h16M8 16v-5M12.500 16V7M17 16v-3",
  check: "M5 12.500l4.500 4.500L19 7.500",
  close: "M6 6l12 12M18 6L6 18",
  cloud: "M7 18a4 4 0 0 1-.5-7.970A6 6 0 0 1 18 9.500a4.250 4.250 0 0 1-.5 8.500z",
  copy: "M9 9h10v10H9zM5 15V5h10",
  custom: "M8 7l-5 5 5 5M16 7l5 5-5 5",
  embed: "M4 5h16v14H4zM4 9h16",
  eye: "M2.500 12C5 7.500 8 5.500 12 5.500s7 2 9.500 6.500C19 16.500 16 18.500 12 18.500S5 16.500 2.500 12zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  heading: "M6 5v14M18 5v14M6 12h12",
  history: "M4 12a8 8 0 1 0 2.500-5.800L4 8.500M4 4v4.500h4.500M12 8v4.500l3 1.500",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9h.01",
  italic: "M10 5h8M6 19h8M14.500 5l-5 14",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.700-5.700l-1.200 1.200M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.700 5.700l1.200-1.200",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  menu: "M6 12h.01M12 12h.01M18 12h.01",
  offline:
    "M4 4l16 16M7 18a4 4 0 0 1-.5-7.970M10 6.300A6 6 0 0 1 18 9.500a4.250 4.250 0 0 1 1.500 7.500M7 18h10",
  ordered: "M10 6h10M10 12h10M10 18h10M4 5l1.500-.7V9M4 14.500c1.500-1 2.500.3 1 1.800L4 18h2.500",
  quote: "M10 7c-3 1-4 3-4 6v4h4v-4H7M18 7c-3 1-4 3-4 6v4h4v-4h-3",
  redo: "M19 8h-9a5 5 0 0 0 0 10h5M15.500 4.500L19 8l-3.500 3.500",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.500 4.500",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  share:
    "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 20c0-3.500 2.500-5.500 6-5.500s6 2 6 5.500M18 8v6M15 11h6",
  strike:
    "M5 12h14M16 7.500C15.500 6 14 5 12 5c-2.500 0-4 1.300-4 3 0 1.300.8 2.200 2 2.700M8 16c.4 1.800 2 3 4 3 2.500 0 4-1.300 4-3.200",
  table: "M4 5h16v14H4zM4 10h16M4 14.500h16M10 5v14",
  task: "M4 6.500l1.500 1.500L8 5M4 16.500L5.500 18 8 15M11.500 7H20M11.500 17H20",
  text: "M5 6V5h14v1M12 5v14M9.500 19h5",
  trash: "M5 7h14M9.500 7V4.500h5V7M7 7l1 13h8l1-13M10 11v5M14 11v5",
  underline: "M7 5v6a5 5 0 0 0 10 0V5M6 20h12",
  undo: "M5 8h9a5 5 0 0 1 0 10H9M8.500 4.500L5 8l3.500 3.500",
  unlock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 6.800-1.200",
  video: "M4 5h16v14H4zM10 9l5 3-5 3z",
  warning: "M12 4l9 16H3zM12 10v4.500M12 17.200h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" />
      <path d="M7.500 5v14M12 5v14M16.500 5v14" opacity=".45" />
      <path d="M4.500 9c4-2.500 4 2.500 7.500 0s3.500-2.500 7.500 0M4.500 15c4 2.500 4-2.500 7.500 0s3.500 2.500 7.500 0" />
    </svg>
  );
}
