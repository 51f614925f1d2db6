//! Names as people of many places bear them, put together by chance.
//!
//! **Invariant:** lists of given and of family names; no whole name is taken from anyone.

use crate::demo::random::Dice;

/// A given and a family name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    /// The BCP 47 tag of its bearer's language.
    pub(super) language: &'static str,
}

struct Culture {
    language: &'static str,
    /// Of a thousand people.
    weight: u64,
    women: &'static str,
    men: &'static str,
    family: &'static str,
    /// Where a woman's family name has a form of its own, in the order of `family`.
    family_women: Option<&'static str>,
}

/// A name for a woman or a man.
pub(super) fn name(dice: &mut Dice, woman: bool) -> Name {
    let culture = dice.weigh(CULTURES.iter().map(|culture| (culture, culture.weight))).unwrap_or(&CULTURES[0]);
    let given = if woman { culture.women } else { culture.men };
    let family = if woman { culture.family_women.unwrap_or(culture.family) } else { culture.family };
    Name { given: word(dice, given), family: word(dice, family), language: culture.language }
}

/// One of the words of a list that is separated by commas.
fn word(dice: &mut Dice, list: &'static str) -> &'static str {
    let words = list.split(',').count() as u64;
    list.split(',').nth(dice.below(words) as usize).unwrap_or(list)
}

const CULTURES: [Culture; 16] = [
    Culture {
        language: "en",
        weight: 310,
        women: "Abigail,Alice,Amelia,Beth,Charlotte,Chloe,Daisy,Eleanor,Emily,Faye,Grace,Hannah,Hazel,Imogen,Isla,Jane,Joy,Kate,Lily,Lucy,Maeve,Martha,Mia,Nora,Olive,Paige,Rose,Ruby,Siobhán,Tess,Violet,Willow,Zoë",
        men: "Aaron,Adam,Alfie,Arthur,Ben,Callum,Charles,Daniel,David,Edward,Ethan,Finn,George,Harry,Henry,Isaac,Jack,James,Joel,Kieran,Leo,Liam,Mark,Noah,Oliver,Oscar,Owen,Paul,Ryan,Sean,Theo,Thomas,Will",
        family: "Abbott,Bailey,Barker,Bennett,Brook,Carter,Chapman,Clarke,Cole,Cooper,Dawson,Ellis,Fletcher,Foster,Gardner,Gibson,Harper,Hayes,Hughes,Jenkins,Kelly,Lawson,Marsh,Mason,Miller,Murphy,O'Brien,O'Connor,Palmer,Parker,Porter,Reed,Rhys,Shaw,Sutton,Turner,Walsh,Ward,Webb,Wood",
        family_women: None,
    },
    Culture {
        language: "es",
        weight: 120,
        women: "Alba,Ana,Belén,Carmen,Concepción,Elena,Inés,Irene,Jimena,Lucía,María,Marta,Mónica,Noelia,Paula,Pilar,Raquel,Rocío,Sofía,Verónica",
        men: "Álvaro,Andrés,Ángel,Carlos,Diego,Emilio,Fermín,Héctor,Hugo,Iván,Javier,Joaquín,José,Julián,Luis,Manuel,Martín,Óscar,Raúl,Tomás",
        family: "Álvarez,Benítez,Cabañas,Castaño,Díaz,Domínguez,Fernández,Gómez,González,Gutiérrez,Hernández,Ibáñez,Jiménez,López,Martínez,Muñoz,Núñez,Ordóñez,Peña,Pérez,Ramírez,Rodríguez,Sánchez,Vázquez,Yáñez",
        family_women: None,
    },
    Culture {
        language: "de",
        weight: 90,
        women: "Anja,Annegret,Bärbel,Birgit,Christa,Franziska,Greta,Heike,Ilse,Jördis,Karin,Käthe,Lena,Liesl,Magda,Renate,Sabine,Ursula",
        men: "Andreas,Bernd,Björn,Dieter,Emil,Felix,Götz,Günther,Hans,Jörg,Jürgen,Klaus,Lukas,Moritz,Rainer,Stefan,Uwe,Wolfgang",
        family: "Bäcker,Baumgärtner,Döring,Färber,Fuchs,Groß,Günter,Hübner,Jäger,Köhler,König,Krämer,Lehmann,Möller,Müller,Neumann,Preuß,Röder,Schäfer,Schröder,Schütz,Strauß,Vogel,Weiß,Ziegler",
        family_women: None,
    },
    Culture {
        language: "sv",
        weight: 50,
        women: "Agnes,Åsa,Astrid,Ebba,Elsa,Freja,Gunnel,Ingrid,Kerstin,Maj,Märta,Saga,Sigrid,Solveig,Tuva",
        men: "Åke,Anders,Axel,Bengt,Erik,Göran,Håkan,Jonas,Lars,Mårten,Nils,Olof,Sören,Sven,Torbjørn",
        family: "Ångström,Berg,Björklund,Bøe,Dahl,Ekström,Engström,Forsgård,Grønning,Håkansson,Lindqvist,Lund,Nygård,Öberg,Østergaard,Sjöberg,Söderlund,Sørensen,Wikström",
        family_women: None,
    },
    Culture {
        language: "fr",
        weight: 70,
        women: "Adèle,Agnès,Aurélie,Béatrice,Camille,Céline,Chloé,Élise,Éloïse,Françoise,Geneviève,Hélène,Inès,Léa,Margaux,Noémie,Solène,Thérèse",
        men: "Alexandre,Benoît,Clément,Édouard,Étienne,François,Gaël,Gérard,Jérôme,Joël,Léon,Loïc,Mathéo,Noël,Olivier,Rémi,Sébastien,Théo",
        family: "Besançon,Blanchard,Chêne,Côté,Delacroix,Dubois,Durand,Fauré,Forêt,Garçon,Gauthier,Lacroix,Lefèvre,Lemaître,Léger,Marchand,Moreau,Noël,Prévost,Renard,Vallée",
        family_women: None,
    },
    Culture {
        language: "pl",
        weight: 55,
        women: "Agnieszka,Bożena,Danuta,Elżbieta,Grażyna,Halina,Joanna,Katarzyna,Łucja,Małgorzata,Oliwia,Renata,Wiesława,Zofia,Żaneta",
        men: "Błażej,Bogdan,Jędrzej,Józef,Krzysztof,Łukasz,Marek,Michał,Paweł,Piotr,Rafał,Stanisław,Tadeusz,Wojciech,Zbigniew",
        family: "Bąk,Dąbrowski,Górski,Jabłoński,Kamiński,Kaźmierczak,Kołodziej,Krawczyk,Lewandowski,Łuczak,Mączka,Nowicki,Pająk,Sikora,Świątek,Wąsik,Wójcik,Zając,Zieliński,Żurek",
        family_women: Some(
            "Bąk,Dąbrowska,Górska,Jabłońska,Kamińska,Kaźmierczak,Kołodziej,Krawczyk,Lewandowska,Łuczak,Mączka,Nowicka,Pająk,Sikora,Świątek,Wąsik,Wójcik,Zając,Zielińska,Żurek",
        ),
    },
    Culture {
        language: "tr",
        weight: 40,
        women: "Ayşe,Çiğdem,Defne,Elif,Fatoş,Gülşen,Işıl,Nilüfer,Özge,Pınar,Şule,Tuğba,Yıldız,Zeynep",
        men: "Barış,Can,Çağlar,Doğan,Emre,Gökhan,Hakan,İbrahim,Kağan,Mert,Oğuz,Ömer,Şahin,Uğur,Yiğit",
        family: "Aydın,Çelik,Çetin,Demir,Doğru,Güneş,Işık,Kılıç,Koç,Özdemir,Öztürk,Şahin,Şimşek,Taş,Yıldırım,Yılmaz",
        family_women: None,
    },
    Culture {
        language: "vi",
        weight: 40,
        women: "Bích Ngọc,Diễm,Hồng Nhung,Kim Liên,Lan Hương,Mai Phương,Ngọc Ánh,Quỳnh,Thị Hương,Thu Thủy,Tuyết",
        men: "Anh Dũng,Công Hậu,Đình Khải,Đức Thịnh,Hoàng Nam,Hữu Phước,Minh Quân,Quốc Bảo,Thanh Tùng,Văn Lộc,Xuân Trường",
        family: "Bùi,Đặng,Đỗ,Dương,Hồ,Hoàng,Huỳnh,Lê,Lý,Ngô,Nguyễn,Phạm,Phan,Trần,Võ,Vũ",
        family_women: None,
    },
    Culture {
        language: "ru",
        weight: 60,
        women: "Алла,Анна,Вера,Галина,Дарья,Елена,Жанна,Зоя,Ирина,Ксения,Любовь,Марина,Надежда,Оксана,Светлана,Юлия",
        men: "Алексей,Андрей,Борис,Виктор,Григорий,Дмитрий,Евгений,Игорь,Кирилл,Максим,Николай,Олег,Павел,Сергей,Фёдор,Юрий",
        family: "Белов,Воронцов,Голубев,Гусев,Ершов,Жуков,Зайцев,Киселёв,Комаров,Лебедев,Морозов,Орлов,Соколов,Степанов,Тихонов,Щукин",
        family_women: Some(
            "Белова,Воронцова,Голубева,Гусева,Ершова,Жукова,Зайцева,Киселёва,Комарова,Лебедева,Морозова,Орлова,Соколова,Степанова,Тихонова,Щукина",
        ),
    },
    Culture {
        language: "el",
        weight: 35,
        women: "Αγγελική,Άννα,Βασιλική,Γεωργία,Δήμητρα,Ελένη,Ζωή,Ιωάννα,Κατερίνα,Μαρία,Ουρανία,Παρασκευή,Σοφία,Χρύσα",
        men: "Αλέξανδρος,Βασίλης,Γιώργος,Δημήτρης,Ευάγγελος,Ηλίας,Θανάσης,Κώστας,Μιχάλης,Νίκος,Πέτρος,Σπύρος,Χρήστος",
        family: "Αγγελόπουλος,Βλάχος,Γεωργίου,Δημητριάδης,Ιωάννου,Κοντός,Μακρής,Νικολαΐδης,Οικονόμου,Παππάς,Σταύρου,Χατζής",
        family_women: Some(
            "Αγγελοπούλου,Βλάχου,Γεωργίου,Δημητριάδη,Ιωάννου,Κοντού,Μακρή,Νικολαΐδη,Οικονόμου,Παππά,Σταύρου,Χατζή",
        ),
    },
    Culture {
        language: "ar",
        weight: 45,
        women: "أمل,إيمان,بسمة,جميلة,حنان,دعاء,رانيا,زينب,سعاد,عائشة,فاطمة,ليلى,مريم,نور,هدى",
        men: "أحمد,إبراهيم,بلال,جمال,حسن,خالد,رشيد,سامي,طارق,عمر,فؤاد,كريم,محمود,ناصر,يوسف",
        family: "البيطار,التميمي,الحداد,الخطيب,الرفاعي,الزين,السقا,الشامي,الصباغ,العطار,القاضي,المنصور,النجار",
        family_women: None,
    },
    Culture {
        language: "he",
        weight: 20,
        women: "אביגיל,אורלי,דבורה,הדס,חנה,יעל,מיכל,נועה,עדי,רחל,שירה,תמר",
        men: "אורי,אלון,בועז,גיל,דניאל,יונתן,יוסף,משה,נדב,עומר,רון,שמעון",
        family: "אברהמי,ברק,גולן,דגן,הררי,זהבי,כרמי,לוי,נחמני,סגל,פרידמן,רוזן,שגב",
        family_women: None,
    },
    Culture {
        language: "hi",
        weight: 30,
        women: "अनीता,आशा,कविता,गीता,दीपिका,नेहा,पूजा,प्रिया,मीना,रश्मि,लक्ष्मी,शालिनी,सुनीता",
        men: "अमित,अर्जुन,कृष्ण,गौरव,दिनेश,नितिन,प्रकाश,मोहन,राजेश,विक्रम,संजय,सुरेश,हरीश",
        family: "अग्रवाल,कुलकर्णी,गुप्ता,चौधरी,जोशी,त्रिपाठी,पाटिल,भट्ट,मिश्रा,यादव,वर्मा,शर्मा,श्रीवास्तव,सिंह",
        family_women: None,
    },
    Culture {
        language: "th",
        weight: 12,
        women: "กมลวรรณ,จันทร์เพ็ญ,นภา,ปิยะดา,พิมพ์ใจ,มาลี,วิไล,ศิริพร,สุดา,อรทัย",
        men: "กิตติ,ชาญชัย,ธนากร,นรินทร์,ประเสริฐ,พิชัย,วีระ,ศักดิ์ชัย,สมชาย,อนุชา",
        family: "แก้วใส,คงมั่น,จิตต์ดี,ทองสุข,บุญมี,พงษ์ไทย,รุ่งเรือง,ศรีสวัสดิ์,สุขใจ,อินทร์แก้ว",
        family_women: None,
    },
    Culture {
        language: "ja",
        weight: 10,
        women: "あゆみ,さくら,ひなた,恵子,由美,美咲,千夏,直子,陽菜,真央",
        men: "たける,健太,修一,大輔,拓也,直樹,翔,誠,隆,陽斗",
        family: "伊藤,井上,加藤,橋本,山本,佐々木,小林,松田,森,高橋,中村,渡辺",
        family_women: None,
    },
    Culture {
        language: "zh",
        weight: 13,
        women: "芳,丽,敏,静,秀英,雪梅,婷婷,佳怡,慧,晓燕",
        men: "伟,强,军,建国,志明,俊杰,浩然,宇航,国栋,海涛",
        family: "王,李,张,刘,陈,杨,黄,赵,吴,周,徐,孙,欧阳",
        family_women: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_no_gaps_and_women_their_forms() {
        assert_eq!(CULTURES.iter().map(|culture| culture.weight).sum::<u64>(), 1000);
        for culture in &CULTURES {
            for list in [Some(culture.women), Some(culture.men), Some(culture.family), culture.family_women] {
                for word in list.unwrap_or("x").split(',') {
                    assert!(!word.trim().is_empty() && word.trim() == word, "{}: {word:?}", culture.language);
                }
            }
            if let Some(women) = culture.family_women {
                assert_eq!(women.split(',').count(), culture.family.split(',').count(), "{}", culture.language);
            }
        }
    }

    #[test]
    fn most_names_are_latin_and_every_script_occurs() {
        let names: Vec<Name> = (0..2000).map(|i| name(&mut Dice::new("name", i), i % 2 == 0)).collect();
        let latin = names
            .iter()
            .filter(|name| name.family.chars().all(|c| c < '\u{370}' || ('\u{1e00}'..'\u{2000}').contains(&c)));
        assert!((1400..1700).contains(&latin.count()));
        for culture in &CULTURES {
            assert!(names.iter().any(|name| name.language == culture.language), "{}", culture.language);
        }
    }
}
