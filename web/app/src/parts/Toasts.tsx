/** Short news that goes by itself. */

import { useEffect, useState } from "preact/hooks";

import { onRefusal } from "./attempt.ts";

const SHOWN_MS = 6_000;

interface Toast {
  readonly number: number;
  readonly sentence: string;
}

export function Toasts() {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  useEffect(() => {
    let number = 0;
    return onRefusal((sentence) => {
      const toast = { number: (number += 1), sentence };
      setToasts((shown) => [...shown.slice(-2), toast]);
      setTimeout(() => setToasts((shown) => shown.filter((each) => each !== toast)), SHOWN_MS);
    });
  }, []);
  return (
    <div class="toasts" role="alert">
      {toasts.map(({ number, sentence }) => (
        <p class="toast" key={number}>
          {sentence}
        </p>
      ))}
    </div>
  );
}
