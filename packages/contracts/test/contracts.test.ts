import { describe, expect, it } from 'vitest';
import {
  ApiError,
  aggregates,
  defaultTierLimits,
  errorCatalogue,
  eventCatalogue,
  limitKeys,
  serviceNames,
} from '../src/index.ts';

describe('events', () => {
  it.each([...eventCatalogue.values()])('$type is named after its service, noun and past tense', (event) => {
    const [service, noun, verb, ...rest] = event.type.split('.');
    expect(serviceNames).toContain(service);
    expect(event.aggregate).toBe(`${service}.${noun}`);
    expect(verb).toMatch(/^[a-z]+(_[a-z]+)*(ed|en|t|ft|un|ound)$/);
    expect(rest).toEqual([]);
  });

  it.each([...eventCatalogue.values()])('$type refuses fields that it does not name', (event) => {
    expect(event.data).toMatchObject({ type: 'object', additionalProperties: false });
  });

  it('has a deleting event for each aggregate that others may refer to, or none that dies', () => {
    const dying = [...eventCatalogue.values()].filter((e) => e.deletes).map((e) => e.aggregate);
    expect(dying).toEqual(expect.arrayContaining(['identity.user', 'projects.project']));
    for (const [name, { owner }] of Object.entries(aggregates)) expect(name.split('.')[0]).toBe(owner);
  });
});

describe('errors', () => {
  it('have codes in UPPER_SNAKE and a status of an error', () => {
    for (const [code, [status]] of Object.entries(errorCatalogue)) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
    }
  });

  it('carry their status, and the title where no detail is given', () => {
    const error = new ApiError('NOT_FOUND');
    expect(error).toMatchObject({ code: 'NOT_FOUND', status: 404, message: errorCatalogue.NOT_FOUND[1] });
  });
});

describe('tier limits', () => {
  it('never fall as the tier rises', () => {
    for (const key of limitKeys) {
      const { free, pro, premium } = defaultTierLimits[key];
      expect([free, pro, premium]).toEqual([free, pro, premium].toSorted((a, b) => a - b));
    }
  });
});
