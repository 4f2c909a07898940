import { parse } from 'csv-parse/browser/esm/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { type Cell, type ClassTable, type Table, readClassTable, readNumericTable, writeCsv } from './csv.ts'
import { encodeUtf8 } from './utf8.ts'

function read(text: string | Uint8Array, delimiter = ','): Table {
  return readNumericTable(text, { name: 'data.csv', delimiter })
}

function rowsOf(table: Table): number[][] {
  return Array.from({ length: table.rows }, (_, row) => table.values.map((column) => column[row] ?? Number.NaN))
}

/** Every sentence of the refusal that reading ends in. */
function problemsOf(text: string | Uint8Array, delimiter = ','): readonly string[] {
  try {
    read(text, delimiter)
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    if (!(error instanceof Refusal)) throw error
    expect(error.code).toBe('invalid-input')
    return error.problems.length > 0 ? error.problems : [error.message]
  }
  return []
}

describe('readNumericTable', () => {
  test('reads columns of float64 numbers below their names', () => {
    const table = read('age,bmi\n59,32.1\n48,-2.16e1\n')
    expect(table.columns).toEqual(['age', 'bmi'])
    expect(table.rows).toBe(2)
    expect(table.values).toEqual([Float64Array.of(59, 48), Float64Array.of(32.1, -21.6)])
  })

  test.each([
    ['LF', 'a,b\n1,2\n3,4\n'],
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4\r'],
    ['no last line end', 'a,b\n1,2\n3,4'],
    ['empty lines at the end', 'a,b\n1,2\n3,4\n\r\n\n'],
    ['a byte order mark', '\ufeffa,b\n1,2\n3,4\n'],
    ['quotes', '"a","b"\n"1",2\n3,"4"\n'],
    ['spaces and tabs around numbers', 'a, b\n 1,2 \n\t3 , 4\n'],
  ])('%s: the same table', (_, text) => {
    const table = read(text)
    expect([table.columns, rowsOf(table)]).toEqual([
      ['a', 'b'],
      [
        [1, 2],
        [3, 4],
      ],
    ])
    expect(rowsOf(read(encodeUtf8(text)))).toEqual(rowsOf(table))
  })

  test('quoted names keep delimiters, quotes, line ends and spaces', () => {
    expect(read('"a,b","say ""a""","two\nlines"," x "\n1,2,3,4\n').columns).toEqual(['a,b', 'say "a"', 'two\nlines', ' x '])
  })

  test('another delimiter may be named', () => {
    expect(rowsOf(read('a;b\n1;2\n', ';'))).toEqual([[1, 2]])
    expect(rowsOf(read('a\tb\n1\t2\n', '\t'))).toEqual([[1, 2]])
    for (const delimiter of ['', ',,', '"', '\n', '.', '1', 'e', '-', '，'])
      expect(problemsOf('a\n1\n', delimiter)[0]).toMatch(/^delimiter: expected one ASCII sign/)
  })

  test('text in a number column is refused with row, column and value', () => {
    const rows = Array.from({ length: 40 }, (_, index) => (index === 30 ? '1,abc' : '1,2'))
    expect(problemsOf(['age,bmi', ...rows].join('\n'))).toEqual(['data.csv row 31, column "bmi": expected a number, got "abc"'])
  })

  test.each(['NA', 'n/a', 'NaN', 'nan', 'null', 'NULL', 'None', '?'])('%s is a missing value and refused', (word) => {
    expect(problemsOf(`a,b\n1,${word}\n`)).toEqual([`data.csv row 1, column "b": expected a number, got a missing value ("${word}")`])
  })

  test('an empty cell is refused', () => {
    const sentence = 'data.csv row 2, column "a": expected a number, got an empty cell'
    for (const text of ['a,b\n1,2\n,2\n', 'a,b\n1,2\n"",2\n', 'a,b\n1,2\n  ,2\n', 'a\n1\n\n2\n'])
      expect(problemsOf(text)).toEqual([sentence])
  })

  test('what is not finite is refused', () => {
    for (const text of ['1e999', '-1e309', 'inf', '-Infinity']) {
      expect(problemsOf(`a\n${text}\n`)).toEqual([`data.csv row 1, column "a": expected a finite number, got "${text}"`])
    }
  })

  test('a thousands separator or a decimal comma is refused with what to write instead', () => {
    const hintOf = (text: string) => problemsOf(`a;b\n1;${text}\n`, ';')[0]?.split('; ')[1]
    expect(hintOf('1,5')).toBe('write 1.5 with a decimal point')
    expect(hintOf('1.234,5')).toBe('write 1234.5 with a decimal point')
    expect(hintOf('1,234,567.5')).toBe('write 1234567.5 without a thousands separator')
    expect(hintOf('12 000')).toBe('write 12000 without a thousands separator')
    expect(hintOf('1,234')).toBe('write 1234 without a thousands separator, or 1.234 if the comma is a decimal one')
    expect(hintOf('abc')).toBeUndefined()
  })

  test('a ragged row is refused with both counts, and its cells are not judged', () => {
    expect(problemsOf('a,b,c\n1,2,3\nx,2\n1,2,3,4\n1,2,3\n\n1,2,3\n')).toEqual([
      'data.csv row 2: expected 3 cells, got 2',
      'data.csv row 3: expected 3 cells, got 4',
      'data.csv row 5: expected 3 cells, got an empty line',
    ])
  })

  test('the line is told where a quoted line end moves it', () => {
    expect(problemsOf('"a\nb",c\n1,x\n')).toEqual(['data.csv row 1 (line 3), column "c": expected a number, got "x"'])
    expect(problemsOf('a\n"1\n2"\nx\n')).toEqual([
      'data.csv row 1, column "a": expected a number, got "1\\n2"',
      'data.csv row 2 (line 4), column "a": expected a number, got "x"',
    ])
  })

  test('the first five problems are told at once, and that reading stopped', () => {
    const text = `a,b\n${'x,y\n'.repeat(1000)}`
    const problems = problemsOf(text)
    expect(problems).toHaveLength(5)
    expect(problems[4]).toBe('data.csv row 3, column "a": expected a number, got "x"')
    expect(() => read(text)).toThrow(
      'data.csv row 1, column "a": expected a number, got "x" (the first of 5 problems; reading stopped there)',
    )
    expect(() => read('a,b\nx,y\n')).toThrow('data.csv row 1, column "a": expected a number, got "x" (the first of 2 problems)')
  })

  test('a header must name every column, once', () => {
    expect(problemsOf('a,,b,a\n1,2,3,4\n')).toEqual([
      'data.csv header, column 2: expected a name, got an empty cell',
      'data.csv header, column 4: expected a name of its own, got "a" again, the name of column 1',
    ])
    expect(problemsOf('1,2.5\n3,4\n')).toEqual(['data.csv: expected a header line with a name for each column, got numbers: "1, 2.5"'])
    expect(read('1st,2\n3,4\n').columns).toEqual(['1st', '2'])
  })

  test('an empty file and a header alone are refused', () => {
    for (const text of ['', '\ufeff', '\r\n\n', new Uint8Array()]) {
      expect(problemsOf(text)).toEqual(['data.csv: expected a header line and rows of numbers, got an empty file'])
    }
    for (const text of ['a,b', 'a,b\n', 'a,b\r\n\r\n'])
      expect(problemsOf(text)).toEqual(['data.csv: expected rows of numbers below the header, got none'])
  })

  test('another delimiter in the header is told', () => {
    expect(problemsOf('a;b\n1;2\n')).toEqual(['data.csv header: expected names separated by ",", got "a;b"; is the delimiter ";"?'])
    expect(read('"a;b"\n1\n').columns).toEqual(['a;b'])
  })

  test('bytes that are not UTF-8 are refused', () => {
    expect(problemsOf(Uint8Array.of(0x83, 0x41, 0x0a, 0x31))).toEqual([
      'data.csv header, column 1: expected text in UTF-8, got byte 0x83; save the file as UTF-8',
    ])
    expect(problemsOf(Uint8Array.of(0x61, 0x0a, 0x31, 0xff))[0]).toBe(
      'data.csv row 1, column "a": expected text in UTF-8, got byte 0xff; save the file as UTF-8',
    )
    expect(problemsOf('a\n\ud800')).toEqual(['data.csv: expected Unicode text, got a surrogate without its pair'])
  })

  test('broken quotes are refused', () => {
    expect(problemsOf('a,b\n1,"2\n3,4\n')).toEqual(['data.csv row 1, cell 2: expected a closing quote, got the end of the file'])
    expect(problemsOf('a\n"1"2\n')).toEqual([
      'data.csv row 1, cell 1: expected a delimiter or a line end after the closing quote, got other text',
    ])
    expect(problemsOf('a\n1"2\n')).toEqual(['data.csv row 1, cell 1: expected a quote only around a whole cell, got one inside'])
    expect(problemsOf('"a\n1\n')).toEqual(['data.csv header, column 1: expected a closing quote, got the end of the file'])
  })

  test('any table of finite numbers survives writing and reading to the bit', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
    const table = fc.uniqueArray(fc.string({ minLength: 1, unit: 'binary' }), { minLength: 1, maxLength: 5 }).chain((columns) =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.array(fc.array(finite, { minLength: columns.length, maxLength: columns.length }), { minLength: 1 }),
      }),
    )
    fc.assert(
      fc.property(table, ({ columns, rows }) => {
        fc.pre(columns.every((name) => /^[\p{L}\p{M}]/u.test(name) && Number.isNaN(Number(name)))) // the header rules have their own tests
        const back = read(writeCsv(columns, rows))
        expect(back.columns).toEqual(columns)
        expect(rowsOf(back)).toEqual(rows)
      }),
    )
  })

  test('any text ends in a table or a refusal, and in nothing else', () => {
    const signs = fc.string({
      unit: fc.constantFrom('a', '1', '"', ',', '\n', '\r', ';', ' ', '.', '-', 'é', '\ufeff', '\0'),
      maxLength: 40,
    })
    const endsWell = (text: string | Uint8Array) => {
      try {
        const table = read(text)
        expect(table.rows).toBeGreaterThan(0)
        for (const column of table.values) expect(column.length === table.rows && column.every(Number.isFinite)).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal)
      }
    }
    fc.assert(fc.property(signs, endsWell), { numRuns: 2000 })
    fc.assert(fc.property(fc.string({ unit: 'binary' }), endsWell))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), endsWell), { numRuns: 500 })
  })

  test('csv-parse reads the same numbers from every file that is accepted', () => {
    const cell = fc.oneof(fc.constantFrom('1', '-2.5', '"3"', '4e-2', '"5"'), fc.integer().map(String))
    const file = fc.tuple(fc.constantFrom('\n', '\r\n'), fc.array(fc.tuple(cell, cell), { minLength: 1 }))
    fc.assert(
      fc.property(file, ([end, rows]) => {
        const text = [['a', '"b ""c"""'], ...rows].map((row) => row.join(',')).join(end)
        const [header, ...records] = parse(text)
        expect(read(text).columns).toEqual(header)
        expect(rowsOf(read(text))).toEqual(records.map((record) => record.map(Number)))
      }),
    )
  })
})

describe('writeCsv', () => {
  test('quotes by RFC 4180 and leaves null empty', () => {
    expect(
      writeCsv(
        ['a', 'b,c'],
        [
          ['say "x"', null],
          ['two\nlines', true],
        ],
      ),
    ).toBe('a,"b,c"\n"say ""x""",\n"two\nlines",true\n')
  })

  test('numbers have the shortest digits that read back the same', () => {
    expect(writeCsv(['x'], [[0.1], [-0], [1e21], [5e-324], [NaN], [-Infinity]])).toBe('x\n0.1\n-0\n1e+21\n5e-324\nNaN\n-Infinity\n')
  })

  test('one empty cell is no empty line', () => {
    expect(writeCsv(['x'], [[null]])).toBe('x\n""\n')
  })

  test('text that a spreadsheet would run gets an apostrophe, numbers do not', () => {
    const risky = ['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '\t=1', '\r=1', '\n=1']
    const lines = writeCsv(
      ['=cmd', 'n'],
      risky.map((text) => [text, -1]),
    )
    const records = parse(lines, { relax_column_count: true })
    expect(records[0]).toEqual(["'=cmd", 'n'])
    expect(records.slice(1)).toEqual(risky.map((text) => [`'${text}`, '-1']))
    expect(writeCsv(['x'], [['a;=1']])).toBe('x\n"a;=1"\n') // a spreadsheet may split at ;
  })

  test('csv-parse reads every text back, but for the apostrophe', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', ';', "'", '語', '='), minLength: 1 })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (rows) => {
        const records = parse(writeCsv(['a', 'b'], rows)).slice(1)
        expect(records.map((record) => record.map((cell) => cell.replace(/^'(?=[=\n])/, '')))).toEqual(
          rows.map((row) => row.map((cell) => cell.replace(/^'(?=[=\n])/, ''))),
        )
      }),
    )
  })

  test('a row of another length is a bug', () => {
    const rows: Cell[][] = [[1], [1, 2]]
    expect(() => writeCsv(['a'], rows)).toThrow('bug: writeCsv: expected 1 cells in row 2, got 2')
  })
})

describe('readClassTable', () => {
  const readClasses = (text: string | Uint8Array, classes = 'kind'): ClassTable => readClassTable(text, { name: 'data.csv', classes })
  const refusalOf = (text: string | Uint8Array, classes?: string): readonly string[] => {
    try {
      readClasses(text, classes)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return error.problems.length > 0 ? error.problems : [error.message]
    }
    return []
  }

  test('reads one column as classes and all others as numbers', () => {
    const table = readClasses('a,kind,b\n1,virginica,2\n3,setosa,4\n5,virginica,6\n')
    expect(table.columns).toEqual(['a', 'b'])
    expect(table.values).toEqual([Float64Array.of(1, 3, 5), Float64Array.of(2, 4, 6)])
    expect(table.rows).toBe(3)
    expect(table.classes).toEqual({ column: 'kind', names: ['setosa', 'virginica'], labels: Int32Array.of(1, 0, 1) })
  })

  test('classes are sorted by code point: digits by sign, accents after letters, and U+10000 after U+FF5E', () => {
    const names = ['😀', '～', 'é', 'z', 'a', 'Z', '2', '10', 'ab']
    expect(readClasses(`kind\n${names.join('\n')}\n`).classes.names).toEqual(['10', '2', 'Z', 'a', 'ab', 'z', 'é', '～', '😀'])
  })

  test('text is the same class quoted or not, and keeps what quotes hold', () => {
    expect(readClasses('kind,a\n"x",1\n x\t,2\n" x",3\n"say ""a,b""",4\n').classes).toEqual({
      column: 'kind',
      names: [' x', 'say "a,b"', 'x'],
      labels: Int32Array.of(2, 2, 0, 1),
    })
    expect(readClasses('kind\n1\n1.0\nNA').classes.names).toEqual(['1', '1.0', 'NA'])
  })

  test('any rows of any classes give their text back, whatever their order', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((each) => each.trim() !== '')
    const quoted = (each: string) => `"${each.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 2, maxLength: 5 }), fc.array(fc.nat(4)), (names, picks) => {
        const rows = [...names, ...picks.map((pick) => names[pick % names.length] ?? '')]
        const { classes, values } = readClasses(`n,kind\n${rows.map((each, row) => `${row},${quoted(each)}`).join('\n')}\n`)
        expect(Array.from(classes.labels, (label) => classes.names[label])).toEqual(rows)
        expect(values).toEqual([Float64Array.from(rows.keys())])
        const reversed = readClasses(
          `n,kind\n${rows
            .map((each, row) => `${row},${quoted(each)}`)
            .reverse()
            .join('\n')}\n`,
        )
        expect(reversed.classes.names).toEqual(classes.names)
      }),
    )
  })

  test('an empty cell, fewer than two classes and an unknown column are refused', () => {
    const empty = 'data.csv row 2, column "kind": expected a class, got an empty cell'
    for (const cell of ['', '""', '  ', '" "']) expect(refusalOf(`kind,a\nx,1\n${cell},2\ny,3\n`)).toEqual([empty])
    expect(refusalOf('kind\nx\n\ny\n')).toEqual([empty])
    expect(refusalOf('kind,a\nx,1\nx,2\n')).toEqual(['data.csv, column "kind": expected two classes or more, got only "x"'])
    expect(refusalOf('a,b\n1,2\n', 'kind')).toEqual(['data.csv: expected a column "kind", got "a, b"'])
  })

  test('all other problems are told as for numbers', () => {
    expect(refusalOf('kind,a\nx,y\n,z\nw\n')).toEqual([
      'data.csv row 1, column "a": expected a number, got "y"',
      'data.csv row 2, column "kind": expected a class, got an empty cell',
      'data.csv row 2, column "a": expected a number, got "z"',
      'data.csv row 3: expected 2 cells, got 1',
    ])
    expect(refusalOf(Uint8Array.of(...encodeUtf8('kind,a\nx,1\n'), 0xe9, ...encodeUtf8(',2\n')))).toEqual([
      'data.csv row 2, column "kind": expected text in UTF-8, got byte 0xe9; save the file as UTF-8',
    ])
    expect(refusalOf('')).toEqual(['data.csv: expected a header line and rows of numbers, got an empty file'])
  })
})
