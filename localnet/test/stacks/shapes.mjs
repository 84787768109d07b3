// The shape of an answer: which fields it has, and of what type, all rows of a list taken together.

/** @returns {Map<string, Set<string>>} path, then types; a list's rows are one path */
export function shapeOf(value, path = '', found = new Map()) {
  const type = value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
  if (!found.has(path)) found.set(path, new Set());
  found.get(path).add(type);
  if (type === 'list') for (const item of value) shapeOf(item, `${path}[]`, found);
  else if (type === 'object') for (const [key, item] of Object.entries(value)) shapeOf(item, `${path}.${key}`, found);
  return found;
}

/**
 * What differs: a field that only one side has, or a type that the recorded answers never have. Null
 * stands beside any type.
 *
 * @param {unknown[]} recorded answers to the same question, in other states
 * @param {unknown} ours
 */
export function differences(recorded, ours) {
  const known = new Map();
  for (const answer of recorded) shapeOf(answer, '', known);
  const mine = shapeOf(ours);
  const found = [];
  for (const [path, types] of mine) {
    if (!known.has(path)) found.push(`${path} is not in the recorded answers`);
    else {
      for (const type of types) {
        const fits = type === 'null' || known.get(path).has(type) || [...known.get(path)].every((one) => one === 'null');
        if (!fits) found.push(`${path} is ${type}, recorded as ${[...known.get(path)].join(' or ')}`);
      }
    }
  }
  for (const path of alwaysThere(recorded)) {
    const parent = path.replace(/(?:\.[^.[]+|\[\])$/, '');
    const parentIsFilled = mine.get(parent)?.has('object');
    if (!mine.has(path) && parentIsFilled && !path.endsWith('[]')) found.push(`${path} is missing`);
  }
  return found;
}

/** Fields that each recorded object at that place has. */
function alwaysThere(answers) {
  const objects = new Map();
  const visit = (value, path) => {
    if (Array.isArray(value)) value.forEach((item) => visit(item, `${path}[]`));
    else if (typeof value === 'object' && value !== null) {
      const keys = new Set(Object.keys(value));
      const before = objects.get(path);
      objects.set(path, before ? before.filter((key) => keys.has(key)) : [...keys]);
      for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`);
    }
  };
  for (const answer of answers) visit(answer, '');
  return [...objects].flatMap(([path, keys]) => keys.map((key) => `${path}.${key}`));
}
