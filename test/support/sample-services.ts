import type { Files } from './sample-repositories.ts'

/** A small service in one language: how it stands, how a person mends its fault, and ways to spoil the fix. */
export interface SampleService {
  readonly name: string
  readonly files: Files
  readonly fix: Files
  readonly syntaxError: Files
  readonly lintError: Files
  readonly failingTest: Files
  readonly plantedKey: Files
  readonly evalOfInput: Files
}

const RECEIPT_PY = `"""Prints receipts."""


def city_of(order):
    address = order.get("billing_address")
    return address["city"].upper()


def total(lines):
    return sum(line["price"] * line["count"] for line in lines)
`
const FIXED_PY = RECEIPT_PY.replace(
  '    return address["city"].upper()',
  '    if address is None:\n        return ""\n    return address["city"].upper()',
)
const KEY = ['AKIA', 'Z7QW3MNB5KLP2XRT'].join('')

export const PYTHON: SampleService = {
  name: 'Python with unittest',
  files: {
    'payment/__init__.py': '',
    'payment/receipt.py': RECEIPT_PY,
    'tests/__init__.py': '',
    'tests/test_receipt.py': `import unittest

from payment.receipt import city_of, total


class ReceiptTest(unittest.TestCase):
    def test_city(self):
        self.assertEqual(city_of({"billing_address": {"city": "Rome"}}), "ROME")

    def test_total(self):
        self.assertEqual(total([{"price": 2, "count": 3}]), 6)
`,
  },
  fix: { 'payment/receipt.py': FIXED_PY },
  syntaxError: { 'payment/receipt.py': FIXED_PY.replace('is None:', 'is None') },
  lintError: {
    'payment/receipt.py': FIXED_PY.replace('"""Prints receipts."""', '"""Prints receipts."""\n\nimport os'),
  },
  failingTest: { 'payment/receipt.py': FIXED_PY.replace('* line["count"]', '+ line["count"]') },
  plantedKey: { 'payment/receipt.py': `${FIXED_PY}\n\nACCESS = "${KEY}"\n` },
  evalOfInput: {
    'payment/receipt.py': FIXED_PY.replace(
      '    address = order',
      '    eval(order["x"])\n    address = order',
    ),
  },
}

export const PYTEST: SampleService = {
  ...PYTHON,
  name: 'Python with pytest in a src layout',
  files: {
    'pyproject.toml':
      '[project]\nname = "payment"\nversion = "1"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    'src/payment/__init__.py': '',
    'src/payment/receipt.py': RECEIPT_PY,
    'tests/test_receipt.py': `import pytest

from payment.receipt import city_of, total


@pytest.mark.parametrize("count,expected", [(3, 6), (1, 2)])
def test_total(count, expected):
    assert total([{"price": 2, "count": count}]) == expected


def test_city():
    assert city_of({"billing_address": {"city": "Rome"}}) == "ROME"
`,
  },
  ...moved('payment/receipt.py', 'src/payment/receipt.py', PYTHON),
}

const RECEIPT_TS = `export interface Order {
  readonly address?: { readonly city: string }
}

export function cityOf(order: Order): string {
  return order.address!.city.toUpperCase()
}

export function total(lines: readonly { price: number; count: number }[]): number {
  return lines.reduce((sum, line) => sum + line.price * line.count, 0)
}
`
const FIXED_TS = RECEIPT_TS.replace(
  'order.address!.city.toUpperCase()',
  "order.address?.city.toUpperCase() ?? ''",
)

export const TYPESCRIPT: SampleService = {
  name: 'TypeScript with node:test',
  files: {
    'package.json': '{ "name": "payment", "type": "module", "scripts": { "test": "node --test" } }\n',
    'tsconfig.json':
      '{\n  // as the editor writes it\n  "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2022" },\n}\n',
    'src/receipt.ts': RECEIPT_TS,
    'test/receipt.test.ts': `import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cityOf, total } from '../src/receipt.ts'

describe('receipt', () => {
  test('prints the city', () => assert.equal(cityOf({ address: { city: 'Rome' } }), 'ROME'))
  test('sums the lines', () => assert.equal(total([{ price: 2, count: 3 }]), 6))
})
`,
  },
  fix: { 'src/receipt.ts': FIXED_TS },
  syntaxError: { 'src/receipt.ts': FIXED_TS.replace('(order: Order): string {', '(order: Order: string {') },
  lintError: {
    'src/receipt.ts': FIXED_TS.replace('export function total', 'const unused = 1\n\nexport function total'),
  },
  failingTest: { 'src/receipt.ts': FIXED_TS.replace('line.price * line.count', 'line.price + line.count') },
  plantedKey: { 'src/receipt.ts': `${FIXED_TS}\nexport const ACCESS = '${KEY}'\n` },
  evalOfInput: {
    'src/receipt.ts': FIXED_TS.replace('  return order', '  eval(String(order.address))\n  return order'),
  },
}

const RECEIPT_JS = `'use strict'

function cityOf(order) {
  return order.address.city.toUpperCase()
}

function total(lines) {
  return lines.reduce((sum, line) => sum + line.price * line.count, 0)
}

module.exports = { cityOf, total }
`
const FIXED_JS = RECEIPT_JS.replace(
  '  return order.address.city',
  "  if (!order.address) return ''\n  return order.address.city",
)

export const JAVASCRIPT: SampleService = {
  name: 'JavaScript (CommonJS) in a folder of its own, tests without a script',
  files: {
    'README.md': '# Shop\n',
    'services/payment/package.json': '{ "name": "payment" }\n',
    'services/payment/receipt.js': RECEIPT_JS,
    'services/payment/tests/receipt.spec.js': `const assert = require('node:assert')
const test = require('node:test')
const { cityOf, total } = require('../receipt.js')

test('prints the city', () => assert.equal(cityOf({ address: { city: 'Rome' } }), 'ROME'))
test('sums the lines', () => assert.equal(total([{ price: 2, count: 3 }]), 6))
`,
    'services/other/package.json': '{ "name": "other", "scripts": { "test": "exit 1" } }\n',
  },
  fix: { 'services/payment/receipt.js': FIXED_JS },
  syntaxError: { 'services/payment/receipt.js': FIXED_JS.replace('lines.reduce(', 'lines.reduce((') },
  lintError: { 'services/payment/receipt.js': FIXED_JS.replace('sum + line.price', 'summ + line.price') },
  failingTest: {
    'services/payment/receipt.js': FIXED_JS.replace('line.price * line.count', 'line.price + line.count'),
  },
  plantedKey: { 'services/payment/receipt.js': `${FIXED_JS}\n// ${KEY}\n` },
  evalOfInput: {
    'services/payment/receipt.js': FIXED_JS.replace('  return order', '  eval(order.note)\n  return order'),
  },
}

const RECEIPT_GO = `package receipt

import "strings"

type Address struct{ City string }

type Order struct{ Address *Address }

func CityOf(order Order) string {
	return strings.ToUpper(order.Address.City)
}

func Total(price, count int) int {
	return price * count
}
`
const FIXED_GO = RECEIPT_GO.replace(
  '\treturn strings',
  '\tif order.Address == nil {\n\t\treturn ""\n\t}\n\treturn strings',
)

export const GO: SampleService = {
  name: 'Go',
  files: {
    'go.mod': 'module example.com/shop\n\ngo 1.18\n',
    'internal/receipt/receipt.go': RECEIPT_GO,
    'internal/receipt/receipt_test.go': `package receipt

import "testing"

func TestCity(t *testing.T) {
	if got := CityOf(Order{&Address{"Rome"}}); got != "ROME" {
		t.Fatalf("got %q", got)
	}
}

func TestTotal(t *testing.T) {
	if got := Total(2, 3); got != 6 {
		t.Errorf("got %d", got)
	}
}
`,
  },
  fix: { 'internal/receipt/receipt.go': FIXED_GO },
  syntaxError: { 'internal/receipt/receipt.go': FIXED_GO.replace('== nil {', '== nil') },
  lintError: { 'internal/receipt/receipt.go': FIXED_GO.replace('\t\treturn ""\n', '\t\treturn   ""\n') },
  failingTest: { 'internal/receipt/receipt.go': FIXED_GO.replace('price * count', 'price + count') },
  plantedKey: { 'internal/receipt/receipt.go': `${FIXED_GO}\nconst access = "${KEY}"\n` },
  evalOfInput: {
    'internal/receipt/receipt.go': FIXED_GO.replace(
      'import "strings"',
      'import (\n\t"os/exec"\n\t"strings"\n)',
    ).replace('\tif order', '\t_ = exec.Command("sh", "-c", order.Address.City).Run()\n\tif order'),
  },
}

const RECEIPT_JAVA = `package shop;

public class Receipt {
    public static String cityOf(String address) {
        return address.toUpperCase();
    }

    public static int total(int price, int count) {
        return price * count;
    }
}
`
const FIXED_JAVA = RECEIPT_JAVA.replace(
  '        return address',
  '        if (address == null) {\n            return "";\n        }\n        return address',
)

export const JAVA: SampleService = {
  name: 'Java without a build tool',
  files: {
    'src/main/java/shop/Receipt.java': RECEIPT_JAVA,
    'src/test/java/shop/ReceiptTest.java': `package shop;

public class ReceiptTest {
    public static void main(String[] args) {
        if (!Receipt.cityOf("Rome").equals("ROME")) throw new AssertionError("city");
        if (Receipt.total(2, 3) != 6) throw new AssertionError("total");
    }
}
`,
  },
  fix: { 'src/main/java/shop/Receipt.java': FIXED_JAVA },
  syntaxError: { 'src/main/java/shop/Receipt.java': FIXED_JAVA.replace('return "";', 'return ""') },
  lintError: {
    'src/main/java/shop/Receipt.java': FIXED_JAVA.replace(
      '        return price',
      '        java.util.List raw = new java.util.ArrayList();\n        return price',
    ),
  },
  failingTest: { 'src/main/java/shop/Receipt.java': FIXED_JAVA.replace('price * count', 'price + count') },
  plantedKey: {
    'src/main/java/shop/Receipt.java': FIXED_JAVA.replace(
      'Receipt {',
      `Receipt {\n    static final String ACCESS = "${KEY}";\n`,
    ),
  },
  evalOfInput: {
    'src/main/java/shop/Receipt.java': FIXED_JAVA.replace(
      'cityOf(String address) {',
      'cityOf(String address) throws Exception {',
    )
      .replace('        if (address', '        Runtime.getRuntime().exec(address);\n        if (address')
      .replace('        return address', '        return address'),
  },
}

function moved(from: string, to: string, service: SampleService): Omit<SampleService, 'name' | 'files'> {
  const move = (files: Files): Files => ({ [to]: files[from] ?? null })
  return {
    fix: move(service.fix),
    syntaxError: move(service.syntaxError),
    lintError: move(service.lintError),
    failingTest: move(service.failingTest),
    plantedKey: move(service.plantedKey),
    evalOfInput: move(service.evalOfInput),
  }
}
