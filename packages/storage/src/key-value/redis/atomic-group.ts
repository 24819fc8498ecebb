// An atomic group as one Lua script: Redis runs nothing else meanwhile.

import { StorageError } from "../../errors.ts";
import { type Group, kindNeeds } from "../group.ts";
import { type RedisAnswer, toRedis } from "./commands.ts";

/**
 * Answers 1 when the group was done, 0 when something it had read is not so any more, or WRONGTYPE.
 *
 * ARGV is a flat list of counted lists, read from the front: reads with the answers they must give (see {@link flatten}), the kinds that keys
 * must have, writes.
 */
export const groupScript = `
local at = 0
local function take() at = at + 1; return ARGV[at] end
local function takeList()
  local list = {}
  for i = 1, tonumber(take()) do list[i] = take() end
  return list
end
local function flatten(answer, list)
  if type(answer) == 'table' and answer.ok then list[#list + 1] = '$' .. answer.ok
  elseif type(answer) == 'table' then
    list[#list + 1] = '*' .. #answer
    for i = 1, #answer do flatten(answer[i], list) end
  elseif type(answer) == 'number' then list[#list + 1] = '$' .. string.format('%.0f', answer)
  elseif answer then list[#list + 1] = '$' .. answer
  else list[#list + 1] = '_' end
  return list
end
for _ = 1, tonumber(take()) do
  local answer = flatten(redis.call(unpack(takeList())), {})
  local expected = takeList()
  if #answer ~= #expected then return 0 end
  for i = 1, #answer do if answer[i] ~= expected[i] then return 0 end end
end
for _ = 1, tonumber(take()) do
  local kind = redis.call('TYPE', take()).ok
  local needed = take()
  if kind ~= 'none' and kind ~= needed then
    return redis.error_reply('WRONGTYPE expected a ' .. needed .. ', found a ' .. kind)
  end
end
for _ = 1, tonumber(take()) do redis.call(unpack(takeList())) end
return 1
`;

// Lua's stack takes 8,000.
const maxWords = 7_000;

/**
 * Returns the script's arguments for a group.
 *
 * @throws {StorageError} STORAGE_ARGUMENT_INVALID when one command of the group has more than 7,000 words.
 */
export function toScriptArgs({ reads, writes }: Group): string[] {
  const needs = kindNeeds(writes);
  const sent = writes.flatMap((command) => {
    const words = toRedis(command);
    return words === undefined ? [] : [words];
  });
  return [
    [String(reads.length)],
    ...reads.map(({ command, answer }) => [
      ...counted(toRedis(command) ?? []),
      ...counted(flatten(answer as RedisAnswer)),
    ]),
    [String(needs.length)],
    ...needs.map(({ key, kind }) => [key, kind]),
    [String(sent.length)],
    ...sent.map(counted),
  ].flat();
}

function counted(words: readonly string[]): string[] {
  if (words.length > maxWords) {
    const message = `${words[0]}: expected at most ${maxWords} words in a group, got ${words.length}`;
    throw new StorageError("STORAGE_ARGUMENT_INVALID", message);
  }
  return [String(words.length), ...words];
}

/** An answer as a list of texts that are equal when the answers are. The script does the same. */
function flatten(answer: RedisAnswer): string[] {
  if (answer === null) return ["_"];
  if (typeof answer === "string") return [`$${answer}`];
  return [`*${answer.length}`, ...answer.flatMap(flatten)];
}
