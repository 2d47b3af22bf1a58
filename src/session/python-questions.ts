/** The Python package's methods, one for every question: names, sentences and types are the questions' own. */
import type { z } from 'zod';
import { QUESTIONS } from '../questions/index.ts';
import { describe } from '../questions/json-schema.ts';
import { factsOf } from '../questions/parameters.ts';
import type { AnyQuestion } from '../questions/question.ts';
import { type Field, field, PythonAnswers, snake, wrapped } from './python-answers.ts';

const HEAD = `# Made of src/questions; UPDATE_DOCS=1 npm test -- src/session writes it anew.
from __future__ import annotations
`;

/** `_answers.py` and `_questions.py`. */
export function pythonSources(): Record<string, string> {
  const answers = new PythonAnswers();
  const all = QUESTIONS as readonly AnyQuestion[];
  const readings = new Map(all.map((question) => [answers.idOf(question.result), readingOf(question, answers)]));
  const ofModel = all.filter(({ place }) => 'model' in place);
  const others = all.filter(({ place }) => !('model' in place));
  return {
    '_answers.py': `${HEAD}
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


${answers.source()}`,
    '_questions.py': `${HEAD}
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ._reading import Reading

if TYPE_CHECKING:
    from . import _answers
    from ._model import Model


${[...readings.values()].join('\n\n')}

class ModelQuestions:
    """Every question about one model."""

    def _ask(self, reading: type[Reading], question: str, asked: dict[str, Any]) -> Any:
        raise NotImplementedError

${ofModel.map((question) => methodOf(question, answers)).join('\n')}

class SessionQuestions:
    """Every question that is not about one model alone."""

    def _ask(self, reading: type[Reading], question: str, asked: dict[str, Any]) -> Any:
        raise NotImplementedError

${others.map((question) => methodOf(question, answers)).join('\n')}`,
  };
}

/** A class whose attributes are the fields of the answer. */
function readingOf({ title, result }: AnyQuestion, answers: PythonAnswers): string {
  const id = answers.idOf(result);
  const typed = ({ name, type, optional, description }: Field): string[] =>
    field(snake(name), `${qualified(type)}${optional ? ' | None' : ''}`, description);
  return [
    `class ${id}(Reading):`,
    `    """${title}."""`,
    '',
    `    data: _answers.${id}Dict`,
    ...answers.fields(id).flatMap(typed),
    '',
  ].join('\n');
}

const qualified = (type: string): string => type.replace(/\b\w+Dict\b/g, '_answers.$&');

interface Parameter {
  name: string;
  type: string;
  sentence: string;
  required: boolean;
}

function parameterOf([name, schema]: [string, z.ZodType]): Parameter {
  const { required = false } = factsOf(schema);
  return { name, type: typeOf(name, schema), sentence: describe(schema), required };
}

function typeOf(name: string, schema: z.ZodType): string {
  const { kind, names = [] } = factsOf(schema);
  const choice = `Literal[${names.map((one) => JSON.stringify(one)).join(', ')}]`;
  if (name === 'second' || name === 'a' || name === 'b') return 'Model | str';
  if (name === 'onlyFrom') return 'str | Sequence[str]';
  return {
    whole: 'int',
    real: 'float',
    flag: 'bool',
    choice,
    list: `str | Sequence[${choice}]`,
    text: 'str',
    layers: 'str | int | Sequence[int]',
    place: 'str | tuple[int, int]',
  }[kind];
}

function methodOf(question: AnyQuestion, answers: PythonAnswers): string {
  const { name, title, place, parameters, result, command } = question;
  const id = answers.idOf(result);
  const own = Object.entries(parameters).filter(([, schema]) => factsOf(schema).only !== 'cli');
  const all = [...Object.entries(place).filter(([of]) => of !== 'model'), ...own].map(parameterOf);
  const needed = all.filter(({ required }) => required);
  const others = all.filter(({ required }) => !required);
  const signature = [
    'self',
    ...needed.map((one) => `${snake(one.name)}: ${one.type}`),
    ...(others.length > 0 ? ['*'] : []),
    ...others.map((one) => `${snake(one.name)}: ${one.type} | None = None`),
  ];
  const asked = all.map((one) => `"${one.name}": ${snake(one.name)}`);
  return [
    `    def ${snake(name)}(`,
    ...signature.map((one) => `        ${one},`),
    `    ) -> ${id}:`,
    ...docstring(title, command?.description, [...needed, ...others]),
    `        asked: dict[str, Any] = {${asked.length > 0 ? '' : '}'}`,
    ...asked.map((one) => `            ${one},`),
    ...(asked.length > 0 ? ['        }'] : []),
    `        return self._ask(${id}, "${name}", asked)  # type: ignore[no-any-return]`,
    '',
  ].join('\n');
}

function docstring(title: string, description: string | undefined, parameters: readonly Parameter[]): string[] {
  const lines = [`"""${title}.`];
  if (description) lines.push('', ...wrapped(description.replace(/\n/g, ' ')));
  if (parameters.length > 0) lines.push('', 'Args:');
  for (const { name, sentence } of parameters) lines.push(...wrapped(`    ${snake(name)}: ${sentence}.`, '        '));
  return [...lines, '"""'].map((line) => (line === '' ? '' : `        ${line.replace(/\\/g, '\\\\')}`));
}
