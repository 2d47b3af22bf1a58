import type { Relation } from './relation.ts';

/** Small relations to begin with, written as `first second, first second, …`. All words are common English. */

/** Country, then its capital. */
export const CAPITALS = relation(
  'capitals',
  `
  France Paris, Germany Berlin, Italy Rome, Spain Madrid, England London, Russia Moscow, China Beijing, Japan Tokyo,
  Egypt Cairo, Greece Athens, Austria Vienna, Poland Warsaw, Ireland Dublin, Sweden Stockholm, Norway Oslo, Denmark
  Copenhagen, Finland Helsinki, Portugal Lisbon, Turkey Ankara, Iraq Baghdad, Iran Tehran, Cuba Havana, Canada
  Ottawa, Ukraine Kiev, Hungary Budapest, Belgium Brussels, Kenya Nairobi, Peru Lima, Chile Santiago, Thailand
  Bangkok, Syria Damascus, Lebanon Beirut, Afghanistan Kabul, Israel Jerusalem, Scotland Edinburgh, Wales Cardiff,
  Netherlands Amsterdam, Switzerland Bern, Romania Bucharest, Bulgaria Sofia, Serbia Belgrade, Croatia Zagreb,
  Vietnam Hanoi, Korea Seoul, Taiwan Taipei, Philippines Manila, Indonesia Jakarta, Nepal Kathmandu, Bangladesh
  Dhaka, Pakistan Islamabad, Australia Canberra, Colombia Bogota, Venezuela Caracas, Jordan Amman, Libya Tripoli,
  Tunisia Tunis, Algeria Algiers, Iceland Reykjavik, Jamaica Kingston`,
);

/** Noun, then its plural. */
export const PLURALS = relation(
  'plurals',
  `
  dog dogs, cat cats, horse horses, house houses, car cars, book books, tree trees, river rivers, city cities,
  country countries, child children, man men, woman women, mouse mice, foot feet, tooth teeth, person people, wolf
  wolves, leaf leaves, knife knives, wife wives, life lives, box boxes, church churches, bus buses, dish dishes,
  baby babies, lady ladies, story stories, army armies, hero heroes, potato potatoes, star stars, king kings, queen
  queens, bird birds, flower flowers, door doors, window windows, table tables, chair chairs, student students,
  teacher teachers, doctor doctors, school schools, street streets, road roads, ship ships, train trains, game
  games, song songs, word words, number numbers, letter letters, friend friends, brother brothers, sister sisters,
  hand hands, eye eyes, finger fingers`,
);

/** Verb, then its simple past. */
export const PAST_TENSE = relation(
  'past tense',
  `
  go went, see saw, take took, make made, come came, give gave, find found, think thought, say said, tell told, know
  knew, get got, become became, leave left, bring brought, begin began, keep kept, hold held, write wrote, stand
  stood, hear heard, mean meant, meet met, run ran, pay paid, sit sat, speak spoke, lead led, grow grew, lose lost,
  fall fell, send sent, build built, draw drew, break broke, spend spent, win won, buy bought, teach taught, catch
  caught, eat ate, sing sang, drink drank, fly flew, walk walked, talk talked, play played, work worked, call
  called, ask asked, need needed, turn turned, start started, show showed, move moved, live lived, believe believed,
  happen happened, include included, continue continued, learn learned`,
);

/** Word, then its opposite. */
export const OPPOSITES = relation(
  'opposites',
  `
  hot cold, big small, large tiny, good bad, new old, young old, high low, long short, fast slow, hard soft, light
  dark, black white, day night, early late, easy difficult, rich poor, strong weak, happy sad, true false, right
  wrong, open closed, full empty, clean dirty, wet dry, deep shallow, wide narrow, thick thin, heavy light, near
  far, inside outside, up down, left right, in out, over under, above below, before after, first last, always never,
  all none, more less, most least, buy sell, push pull, win lose, love hate, begin end, start stop, give take, come
  go, live die, war peace, friend enemy, king queen, man woman, boy girl, father mother, brother sister, male
  female, north south, east west, positive negative, public private, increase decrease, success failure, question
  answer`,
);

/** Word, then the letter it begins with. */
export const FIRST_LETTER = relation(
  'first letter',
  `
  apple a, animal a, answer a, bird b, bread b, blue b, city c, cloud c, color c, door d, dream d, dark d, earth e,
  every e, energy e, fire f, flower f, friend f, garden g, gold g, great g, heart h, house h, happy h, island i,
  idea i, image i, journey j, just j, jump j, king k, kitchen k, knife k, letter l, light l, love l, mountain m,
  music m, money m, night n, name n, number n, ocean o, open o, order o, paper p, people p, power p, queen q,
  question q, quick q, river r, road r, rain r, school s, star s, sun s, table t, tree t, time t, under u, unit u,
  use u, village v, voice v, view v, water w, winter w, word w, year y, young y, yellow y, zero z, zone z`,
);

/** All of the above. */
export const RELATIONS: readonly Relation[] = [CAPITALS, PLURALS, PAST_TENSE, OPPOSITES, FIRST_LETTER];

function relation(name: string, text: string): Relation {
  const pairs = text.split(',').map((pair) => pair.trim().split(/\s+/) as [string, string]);
  return { name, pairs };
}
