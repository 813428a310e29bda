/** A new dashboard: a name, and perhaps a template to begin with. */

import { useEffect, useState } from "preact/hooks";

import { Dialog } from "../parts/Dialog.tsx";
import { type Page, sentenceOf, type Template } from "../session/api.ts";
import type { Session } from "../session/session.ts";

interface Props {
  readonly session: Session;
  readonly close: () => void;
  readonly made: (id: string) => void;
}

const EMPTY: Template = { id: "", name: "Empty", description: "Nothing on it yet." };

export function NewDashboard({ session, close, made }: Props) {
  const [title, setTitle] = useState("");
  const [chosen, setChosen] = useState("");
  const [templates, setTemplates] = useState<readonly Template[]>([EMPTY]);
  const [fault, setFault] = useState("");

  useEffect(() => {
    session.api.get<Page<Template>>("/api/templates").then(
      ({ items }) => setTemplates([EMPTY, ...items]),
      () => {}, // it can be begun without one
    );
  }, [session]);

  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    const order = { title: title.trim(), ...(chosen && { templateId: chosen }) };
    try {
      made((await session.api.post<{ id: string }>("/api/dashboards", order)).id);
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };

  return (
    <Dialog title="New dashboard" close={close}>
      <form class="stack" onSubmit={(event) => void make(event)}>
        <label class="field">
          Title
          <input
            required
            maxLength={255}
            value={title}
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </label>
        <fieldset class="choices">
          <legend>Begin with</legend>
          {templates.map(({ id, name, description }) => (
            <label key={id} class="choice">
              <input
                type="radio"
                name="template"
                checked={chosen === id}
                onChange={() => setChosen(id)}
              />
              <span>
                <strong>{name}</strong>
                <small class="soft">{description}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <button class="primary">Create</button>
      </form>
    </Dialog>
  );
}
