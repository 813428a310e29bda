/**
 * The command that the Python side talks to; questions and answers are lines of JSON.
 *
 *     node cross_check.ts check < lines      each {question, answer}; prints those that differ here
 *     node cross_check.ts ask SEED COUNT     prints {question, answer} for so many stories
 *
 * Nothing that is asked may change an input (law 14) or a prototype: both are frozen.
 */

import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

import { sameJson } from "../src/ot/values.ts";
import { answer, ask, type Question, withSmallChunks } from "./questions.ts";

const PROTOTYPES = [Object, Array, String, Number, Boolean, Map, Function].map(
  (kind) => kind.prototype,
);

export function freezePrototypes(): void {
  PROTOTYPES.forEach(Object.freeze);
}

export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

export function answered(question: Question, number: number): unknown {
  try {
    return withSmallChunks(number % 2 === 0, () => answer(question));
  } catch (fault) {
    return { fault: fault instanceof Error ? fault.stack : `${fault}` };
  }
}

async function check(): Promise<void> {
  let number = 0;
  for await (const line of createInterface({ input: stdin })) {
    const { question, answer: expected } = frozen(JSON.parse(line));
    const got = answered(question, number);
    if (!sameJson(got, expected)) stdout.write(`${JSON.stringify({ number, got })}\n`);
    number += 1;
  }
}

function askAll(seed: number, count: number): void {
  for (let story = seed; story < seed + count; story += 1) {
    const lines = ask(story).map((question, number) =>
      JSON.stringify({ question, answer: answered(frozen(question), number) }),
    );
    stdout.write(`${lines.join("\n")}\n`);
  }
}

if (import.meta.main) {
  freezePrototypes();
  const [command, seed, count] = process.argv.slice(2);
  if (command === "check") await check();
  else askAll(Number(seed), Number(count));
}
